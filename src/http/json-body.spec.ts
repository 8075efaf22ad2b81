import type { RawBodyRequest } from '@nestjs/common';
import type { Request, Response } from 'express';
import { describe, expect, it } from 'vitest';
import { checkJsonBody } from './json-body.js';

/** What is said against a body. */
function objection(json: string): string | undefined {
  let error: unknown;
  const request = { rawBody: Buffer.from(json) } as RawBodyRequest<Request>;
  checkJsonBody(request, {} as Response, (found) => (error = found));
  return error === undefined ? undefined : (error as Error).message;
}

describe('a body', () => {
  it('may be nested a hundred deep, and no deeper', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(objection(nested(100))).toBeUndefined();
    expect(objection(nested(101))).toContain('nested more than 100 deep');
    expect(objection('{"b":'.repeat(100_000))).toContain('nested more than 100 deep');
    expect(objection(`["\\"${'['.repeat(1000)}"]`)).toBeUndefined();
    expect(objection('[],'.repeat(1000))).toBeUndefined();
  });
});
