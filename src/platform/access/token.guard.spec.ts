import { describe, expect, it } from 'vitest';
import { readSettings } from '../config/index.js';
import { AccessTokens, bearerToken } from './token.guard.js';

const tokensOf = (API_TOKENS: string): AccessTokens => new AccessTokens(readSettings({ API_TOKENS }));

describe('AccessTokens', () => {
  it('returns the scope of each token, and none for another text', () => {
    const tokens = tokensOf('read:reads-everything, write:writes-everything');
    expect(tokens.areRequired).toBe(true);
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

  it('gives a token that is listed twice the scope write, in either order', () => {
    expect(
      tokensOf('write:the-same-token-twice,read:the-same-token-twice').scopeOf('the-same-token-twice'),
    ).toBe('write');
    expect(
      tokensOf('read:the-same-token-twice,write:the-same-token-twice').scopeOf('the-same-token-twice'),
    ).toBe('write');
  });

  it('requires no token where none is set', () => {
    expect(tokensOf('').areRequired).toBe(false);
    expect(tokensOf('').scopeOf('')).toBe(undefined);
  });
});

const of = (...authorization: string[]) =>
  bearerToken({ headersDistinct: authorization.length === 0 ? {} : { authorization } });

describe('bearerToken', () => {
  it('reads one token, with any case and spacing of the scheme', () => {
    for (const header of [
      'Bearer abc.DEF-1_2~3+/==',
      'bearer abc.DEF-1_2~3+/==',
      'BEARER   abc.DEF-1_2~3+/== ',
    ]) {
      expect(of(header)).toEqual({ token: 'abc.DEF-1_2~3+/==' });
    }
  });

  it('distinguishes a missing header from a malformed one', () => {
    expect(of()).toBe('missing');
    for (const header of [
      '',
      'Bearer',
      'Bearer ',
      'Bearer a b',
      'Bearer a, Bearer b',
      'Bearer =a',
      'Bearer ä',
      'Basic dXNlcjpwYXNz',
      'abc',
      ' Bearer abc',
    ]) {
      expect([header, of(header)]).toEqual([header, 'malformed']);
    }
  });

  it('rejects two headers, and a header longer than any token', () => {
    expect(of('Bearer abc', 'Bearer abc')).toBe('malformed');
    expect(of(`Bearer ${'a'.repeat(8192)}`)).toBe('malformed');
    expect(of(`Bearer ${'a'.repeat(512)}`)).toEqual({ token: 'a'.repeat(512) });
  });
});
