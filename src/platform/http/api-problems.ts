import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { Problem } from './problem.js';

const DESCRIPTIONS = {
  400: 'A parameter or a field of the body is invalid or unknown. `errors` lists each one with the reason.',
  401: 'The server has `API_TOKENS`, and the request has no valid token. See `WWW-Authenticate`.',
  403: 'The scope of the token is insufficient, or the origin of the browser page is not allowed.',
  404: 'Not found.',
  406: 'No format in `Accept` is available.',
  409: 'The request conflicts with stored data.',
  413: 'The body is too large.',
  415: 'The content type of the body is not `application/json`.',
  421: 'The server has no `API_TOKENS` and does not allow this host name. See `ALLOWED_HOSTS`.',
  503: 'The database cannot be reached, the query took too long, or too many requests are in progress. Retry after `Retry-After`.',
} as const;

export type ProblemStatus = keyof typeof DESCRIPTIONS;

/** Documents the errors of a route; 503 is one of every route. Those of tokens are added where a route is not open. */
export function ApiProblems(...statuses: ProblemStatus[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ApiExtraModels(Problem),
    ...[...new Set<ProblemStatus>([...statuses, 503])].map((status) =>
      ApiResponse({ status, ...problemAnswer(status) }),
    ),
  );
}

/** How a document describes an error. */
export function problemAnswer(status: ProblemStatus): {
  description: string;
  content: Record<string, { schema: { $ref: string } }>;
} {
  return {
    description: DESCRIPTIONS[status],
    content: { 'application/problem+json': { schema: { $ref: getSchemaPath(Problem) } } },
  };
}
