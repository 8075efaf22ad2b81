import { BadRequestException, type HttpException } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { singleRow } from '../../storage/index.js';
import { InvalidParameterError } from '../../http/index.js';
import { hasSqlState, SqlState, sqlStateOf } from '../../storage/index.js';
import type { RowQuery } from './column-values.js';

/** What to answer where a constraint of the schema is broken, by the name of the constraint. */
export type ConstraintProblems = Record<string, () => HttpException>;

/**
 * The text of the row that is asked for or written; undefined where there is none.
 *
 * @throws BadRequestException where the database does not take the JSON that a body has
 * @throws what the constraints say
 */
export async function oneRow(
  dataSource: DataSource,
  { sql, parameters, json = [] }: RowQuery,
  problems: ConstraintProblems = {},
): Promise<string | undefined> {
  try {
    return (await singleRow<{ row: string }>(dataSource, sql, parameters))?.row;
  } catch (error) {
    if (json.length > 0 && sqlStateOf(error)?.startsWith('22') === true) throw notTaken(json);
    throw brokenConstraint(error, problems) ?? error;
  }
}

/**
 * Deletes a row.
 *
 * @returns whether it was there
 * @throws what the constraints say
 */
export async function deleteRow(
  dataSource: DataSource,
  table: string,
  id: number,
  problems: ConstraintProblems = {},
): Promise<boolean> {
  const sql = `DELETE FROM ${table} WHERE id = $1::bigint RETURNING id::text AS row`;
  return (await oneRow(dataSource, { sql, parameters: [id] }, problems)) !== undefined;
}

function brokenConstraint(error: unknown, problems: ConstraintProblems): HttpException | undefined {
  if (!hasSqlState(error, SqlState.CheckViolation, SqlState.ForeignKeyViolation)) return undefined;
  const { constraint } = error as { constraint?: unknown };
  // Citus adds the number of a shard to the name.
  return typeof constraint === 'string' ? problems[constraint.replace(/_\d+$/, '')]?.() : undefined;
}

/** For a constraint on the years that a time may be in. */
export function outOfYears(parameter: string): () => InvalidParameterError {
  return () => new InvalidParameterError(parameter, 'takes a time that is from the year 1 to 9999 in UTC');
}

/** jsonb knows no NUL, no half of a surrogate pair, and no number of more digits than `numeric` has. */
function notTaken(fields: readonly string[]): BadRequestException {
  const detail = 'takes JSON without NUL, without lone surrogates, and with numbers that PostgreSQL holds';
  return new BadRequestException({
    detail: `${fields.join(' or ')} holds what the database does not: it ${detail}.`,
    errors: fields.map((parameter) => ({ parameter, detail })),
  });
}
