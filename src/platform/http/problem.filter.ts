import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Response } from 'express';
import {
  DATABASE_PROBLEMS,
  databaseProblemOf,
  hasSqlState,
  ReadTimeoutError,
  SqlState,
} from '../../storage/index.js';
import { type Problem, problem } from './problem.js';

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);
/** Data exceptions, such as a number out of range, and exceeded limits of PostgreSQL. */
const DATA_EXCEPTION = /^(22|54)...$/;

/** The response to an error of the database; null for any other error. */
export function databaseProblem(error: unknown): { status: 400 | 503; detail: string } | null {
  if (!(error instanceof Error)) return null;
  const code: unknown = (error as { code?: unknown }).code;
  if (code === SqlState.QueryCanceled || error instanceof ReadTimeoutError) {
    return { status: 503, detail: 'The query took too long. Request a shorter time range or fewer rows.' };
  }
  if (typeof code === 'string' && DATA_EXCEPTION.test(code)) {
    return { status: 400, detail: 'The database rejected the value of a parameter.' };
  }
  const problem = databaseProblemOf(error);
  if (problem !== undefined) return { status: 503, detail: problem };
  const unreachable =
    (typeof code === 'string' && (UNREACHABLE.has(code) || /^(08(?!P)|53|57P)/.test(code))) ||
    /Connection terminated|Query read timeout|not queryable|timeout exceeded when trying to connect|Cannot use a pool|Driver not Connected/.test(
      error.message,
    ) ||
    error.name === 'CannotExecuteNotConnectedError' ||
    error.name === 'ConnectionNotFoundError';
  return unreachable ? { status: 503, detail: DATABASE_PROBLEMS.unreachable } : null;
}

/** Turns every error into a problem. Unexpected errors are logged; clients do not get their text. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const body = this.problemOf(error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (body.status === 503) response.setHeader('Retry-After', '5');
    response.status(body.status).type('application/problem+json').send(JSON.stringify(body));
  }

  private problemOf(error: unknown): Problem {
    if (error instanceof HttpException) {
      const status = error.getStatus();
      const body = error.getResponse();
      const own = isOwnProblem(body) ? body : undefined;
      return Object.assign(problem(status, own?.detail ?? error.message, own?.errors), own?.members);
    }
    const status = clientErrorStatus(error);
    if (status !== null) return problem(status, (error as Error).message);
    const known = databaseProblem(error);
    if (known !== null) {
      // It may also be a wrong name in a query.
      if (hasSqlState(error, SqlState.UndefinedTable))
        this.logger.error(`A table is missing: ${String(error)}`);
      return problem(known.status, known.detail);
    }
    this.logger.error('A request failed.', error instanceof Error ? error.stack : String(error));
    return problem(500, 'Internal error. The server log has the details.');
  }
}

/** Whether an exception of this server has the members of a problem. `members` are extension members. */
function isOwnProblem(body: object | string): body is Partial<Problem> & { members?: object } {
  return typeof body === 'object' && ('errors' in body || 'members' in body);
}

/** The status of an error about the request that Express throws, such as a body that is too large. */
function clientErrorStatus(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  const { status, expose } = error as { status?: unknown; expose?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 && expose === true ? status : null;
}
