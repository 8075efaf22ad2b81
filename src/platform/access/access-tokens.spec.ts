import { describe, expect, it } from 'vitest';
import { readSettings } from '../config/index.js';
import { AccessTokens } from './access-tokens.js';

const tokensOf = (API_TOKENS: string): AccessTokens => new AccessTokens(readSettings({ API_TOKENS }));

describe('AccessTokens', () => {
  it('knows the scope of each token, and of none that differs', () => {
    const tokens = tokensOf('read:reads-everything, write:writes-everything');
    expect(tokens.areNeeded).toBe(true);
    expect(tokens.scopeOf('reads-everything')).toBe('read');
    expect(tokens.scopeOf('writes-everything')).toBe('write');
    for (const other of [
      '',
      'reads-everythin',
      'reads-everything ',
      'Reads-everything',
      'read:reads-everything',
    ]) {
      expect(tokens.scopeOf(other)).toBe(undefined);
    }
  });

  it('gives a token that is listed twice the larger scope, in whatever order', () => {
    expect(
      tokensOf('write:the-same-token-twice,read:the-same-token-twice').scopeOf('the-same-token-twice'),
    ).toBe('write');
    expect(
      tokensOf('read:the-same-token-twice,write:the-same-token-twice').scopeOf('the-same-token-twice'),
    ).toBe('write');
  });

  it('asks for none where none is set', () => {
    expect(tokensOf('').areNeeded).toBe(false);
    expect(tokensOf('').scopeOf('')).toBe(undefined);
  });
});
