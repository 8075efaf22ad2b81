import type { HttpException, RawBodyRequest } from '@nestjs/common';
import type { Request, Response } from 'express';
import { describe, expect, it } from 'vitest';
import { checkJsonBody } from './json-body.js';

/** The error for a body. */
function objection(json: string, type = 'application/json'): string | undefined {
  let error: unknown;
  const request = {
    rawBody: Buffer.from(json),
    headers: { 'content-type': type },
  } as RawBodyRequest<Request>;
  checkJsonBody(request, {} as Response, (found) => (error = found));
  if (error === undefined) return undefined;
  const answer = (error as HttpException).getResponse() as { detail?: string; message?: string };
  return answer.detail ?? answer.message;
}

describe('a body', () => {
  it('may be nested a thousand levels deep, and no deeper', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(objection(nested(1000))).toBeUndefined();
    expect(objection(nested(1001))).toContain('nested too deeply');
    expect(objection(`["\\"${'['.repeat(2000)}"]`)).toBeUndefined();
  });

  it('contains nothing that PostgreSQL cannot store', () => {
    expect(objection(`[${Array(100).fill('1e131071').join()}]`)).toContain('too large');
    expect(objection('{"a":"\\u0000"}')).toContain('NUL');
    expect(objection('{"a":"\\ud800"}')).toContain('surrogate');
    expect(objection('{"a":1152921504606846976,"b":1e300}')).toBeUndefined();
  });

  it('must be in UTF-8', () => {
    const type = (charset: string): string => `application/json; charset=${charset}`;
    for (const charset of ['utf-8', 'UTF8', '"utf-8"', 'us-ascii']) {
      expect(objection('{}', type(charset))).toBeUndefined();
    }
    for (const charset of ['utf-16le', '"utf-16"', 'utf-32', 'utf-7']) {
      expect([charset, objection('{}', type(charset))]).toEqual([charset, 'The body must be JSON in UTF-8.']);
    }
  });
});
