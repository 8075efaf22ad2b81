import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { Problem } from './problem.js';

const DESCRIPTIONS = {
  400: 'An input is wrong or not known. `errors` names it, and what it takes.',
  404: 'There is no such thing.',
  406: 'None of the formats of `Accept` is offered.',
  409: 'What is asked for does not go with what is stored.',
  413: 'The body is too large.',
  415: 'The body is not sent as `application/json`.',
  503: 'The database cannot be reached, or the answer took too long. `Retry-After` says when to try again.',
} as const;

export type ProblemStatus = keyof typeof DESCRIPTIONS;

/** Documents the errors of a route; 503 is one of every route. */
export function ApiProblems(...statuses: ProblemStatus[]): MethodDecorator & ClassDecorator {
  const content = { 'application/problem+json': { schema: { $ref: getSchemaPath(Problem) } } };
  return applyDecorators(
    ApiExtraModels(Problem),
    ...[...new Set<ProblemStatus>([...statuses, 503])].map((status) =>
      ApiResponse({ status, description: DESCRIPTIONS[status], content }),
    ),
  );
}
