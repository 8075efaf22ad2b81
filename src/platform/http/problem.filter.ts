import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { hasSqlState, SqlState } from '../../storage/index.js';
import { databaseProblem } from './database-problem.js';
import { type Problem, problem } from './problem.js';

/** Turns every error into a problem; what we did not expect is logged, and its text stays with us. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const answer = this.problemOf(error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (answer.status === 503) response.setHeader('Retry-After', '5');
    response.status(answer.status).type('application/problem+json').send(JSON.stringify(answer));
  }

  private problemOf(error: unknown): Problem {
    if (error instanceof HttpException) {
      const status = error.getStatus();
      const body = error.getResponse();
      const said = isOurs(body) ? body : undefined;
      return Object.assign(problem(status, said?.detail ?? error.message, said?.errors), said?.members);
    }
    const status = clientErrorStatus(error);
    if (status !== null) return problem(status, (error as Error).message);
    const known = databaseProblem(error);
    if (known !== null) {
      // It may also be a name of ours that is wrong.
      if (hasSqlState(error, SqlState.UndefinedTable))
        this.logger.error(`A table is missing: ${String(error)}`);
      return problem(known.status, known.detail);
    }
    this.logger.error('A request failed.', error instanceof Error ? error.stack : String(error));
    return problem(500, 'Internal error. The server log has the details.');
  }
}

/** What errors of this server have; `members` are further ones of the problem. */
function isOurs(body: object | string): body is Partial<Problem> & { members?: object } {
  return typeof body === 'object' && ('errors' in body || 'members' in body);
}

/** Of errors about the request itself that Express throws, such as a body that is too large. */
function clientErrorStatus(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  const { status, expose } = error as { status?: unknown; expose?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 && expose === true ? status : null;
}
