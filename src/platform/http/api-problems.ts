import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { Problem } from './problem.js';

const DESCRIPTIONS = {
  400: 'An input is wrong or not known. `errors` names it, and what it takes.',
  401: 'The server has `API_TOKENS`, and the request has none that it knows. See `WWW-Authenticate`.',
  403: 'The scope of the token is not enough, or a browser asks for a page that may not.',
  404: 'There is no such thing.',
  406: 'None of the formats of `Accept` is offered.',
  409: 'What is asked for does not go with what is stored.',
  413: 'The body is too large.',
  415: 'The body is not sent as `application/json`.',
  421: 'The server is not asked by that name while it has no `API_TOKENS`. See `ALLOWED_HOSTS`.',
  503: 'The database cannot be reached, or the answer took too long. `Retry-After` says when to try again.',
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
