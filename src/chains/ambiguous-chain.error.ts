import { ConflictException } from '@nestjs/common';
import type { ChainChoice } from './chain-choice.js';

/** Several chains have the name that a client gave: 409 with the choices. */
export class AmbiguousChainError extends ConflictException {
  override readonly name = 'AmbiguousChainError';

  constructor(
    chain: string,
    readonly chains: readonly ChainChoice[],
  ) {
    const detail = `Several chains have the name ${chain}. Use the genesis hash, or name: and the name.`;
    super({ detail, members: { chains } }, detail);
  }
}
