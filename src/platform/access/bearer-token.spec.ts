import { describe, expect, it } from 'vitest';
import { bearerToken } from './bearer-token.js';

const of = (...authorization: string[]) =>
  bearerToken({ headersDistinct: authorization.length === 0 ? {} : { authorization } });

describe('bearerToken', () => {
  it('takes one token, however the scheme is written and spaced', () => {
    for (const header of [
      'Bearer abc.DEF-1_2~3+/==',
      'bearer abc.DEF-1_2~3+/==',
      'BEARER   abc.DEF-1_2~3+/== ',
    ]) {
      expect(of(header)).toEqual({ token: 'abc.DEF-1_2~3+/==' });
    }
  });

  it('tells a header that is not there from one that cannot be read', () => {
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

  it('takes neither two headers nor one that is longer than any token', () => {
    expect(of('Bearer abc', 'Bearer abc')).toBe('malformed');
    expect(of(`Bearer ${'a'.repeat(8192)}`)).toBe('malformed');
    expect(of(`Bearer ${'a'.repeat(512)}`)).toEqual({ token: 'a'.repeat(512) });
  });
});
