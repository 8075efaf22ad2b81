import { TextParameter } from '../http/index.js';

/** Which chain a path is about. */
export class ChainPath {
  @TextParameter({
    takes: 'the name of a chain',
    description: 'The name of the chain.',
    required: true,
    example: 'Polkadot',
  })
  chain!: string;
}
