import { Injectable } from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import { type AccessScope, hashOf, Settings } from '../config/index.js';

/** The tokens of `API_TOKENS`. */
@Injectable()
export class AccessTokens {
  constructor(private readonly settings: Settings) {}

  /** Without tokens everything is open. */
  get areNeeded(): boolean {
    return this.settings.API_TOKENS.length > 0;
  }

  /**
   * What a token permits; undefined where it is not known. How long that takes tells nothing of the tokens: all are
   * compared, by hashes of equal length.
   */
  scopeOf(token: string): AccessScope | undefined {
    const given = hashOf(token);
    let found: AccessScope | undefined;
    for (const { scope, sha256 } of this.settings.API_TOKENS) {
      const isIt = timingSafeEqual(given, sha256);
      if (isIt && found !== 'write') found = scope;
    }
    return found;
  }
}
