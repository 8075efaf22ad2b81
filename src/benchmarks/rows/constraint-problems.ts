import { BadRequestException, type HttpException } from '@nestjs/common';
import { hasSqlState, SqlState, sqlStateOf } from '../../storage/index.js';
import { InvalidParameterError } from '../../platform/http/index.js';

/** What to answer where a constraint of the schema is broken, by the name of the constraint. */
export type ConstraintProblems = Record<string, () => HttpException>;

/**
 * What to answer where the database does not take a row.
 *
 * @param json the fields of the body that it was to read as JSON
 * @returns undefined where it failed for another reason
 */
export function problemOf(
  error: unknown,
  json: readonly string[],
  problems: ConstraintProblems,
): HttpException | undefined {
  if (json.length > 0 && sqlStateOf(error)?.startsWith('22') === true) return notTaken(json);
  if (!hasSqlState(error, SqlState.CheckViolation, SqlState.ForeignKeyViolation)) return undefined;
  const { constraint } = error as { constraint?: unknown };
  // Citus adds the number of a shard to the name.
  return typeof constraint === 'string' ? problems[constraint.replace(/_\d+$/, '')]?.() : undefined;
}

/** For a constraint on the years that a time may be in. */
export function outOfYears(parameter: string): () => InvalidParameterError {
  return () => new InvalidParameterError(parameter, 'must be a time from the year 1 to 9999 in UTC');
}

/** jsonb knows no NUL, no half of a surrogate pair, and no number of more digits than `numeric` has. */
function notTaken(fields: readonly string[]): BadRequestException {
  const detail =
    'must be JSON without NUL, without lone surrogates, and with numbers that PostgreSQL can store';
  return new BadRequestException({
    detail: `${fields.join(' or ')} cannot be stored: it ${detail}.`,
    errors: fields.map((parameter) => ({ parameter, detail })),
  });
}
