import { describe, expect, it } from 'vitest';
import { ReadTimeoutError } from '../../storage/index.js';
import { databaseProblem } from './problem.filter.js';

const withCode = (code: string): Error => Object.assign(new Error('failed'), { code });

describe('databaseProblem', () => {
  it('is 400 for data that the database rejects', () => {
    for (const code of ['22007', '22008', '22009', '22021', '22P05']) {
      expect(databaseProblem(withCode(code))?.status).toBe(400);
    }
  });

  it('is 503 if the database cannot be reached', () => {
    for (const error of [
      withCode('ECONNREFUSED'),
      withCode('57P01'),
      withCode('53300'),
      new Error('Query read timeout'),
      new Error('Error: Query read timeout'),
      new Error('Client has encountered a connection error and is not queryable'),
      new Error('timeout exceeded when trying to connect'),
    ]) {
      expect(databaseProblem(error)).toEqual({
        status: 503,
        detail: 'The database cannot be reached.',
      });
    }
  });

  it('is 503 with the reason if the database is read-only, missing or full', () => {
    for (const [code, detail] of [
      ['25006', 'The database is read-only.'],
      ['3D000', 'The database does not exist.'],
      ['42P01', 'Tables are missing in the database.'],
      ['53100', 'The disk of the database is full.'],
    ] as const) {
      expect(databaseProblem(withCode(code))).toEqual({ status: 503, detail });
    }
  });

  it('is 503 with advice if a query took too long', () => {
    for (const error of [withCode('57014'), new ReadTimeoutError(30_000)]) {
      expect(databaseProblem(error)).toMatchObject({
        status: 503,
        detail: expect.stringContaining('shorter time range') as string,
      });
    }
  });

  it('is null for other errors', () => {
    for (const error of [new Error('22007'), withCode('42703'), withCode('22'), null]) {
      expect(databaseProblem(error)).toBeNull();
    }
  });
});
