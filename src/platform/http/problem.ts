import { applyDecorators, BadRequestException } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';

/** Why one parameter or field is invalid. */
export class ProblemPart {
  @ApiProperty({ type: 'string', description: 'The name of the parameter or of the field of the body.' })
  parameter!: string;

  @ApiProperty({
    type: 'string',
    description: 'Why it is invalid.',
    example: 'must be an integer from 1 to 10000',
  })
  detail!: string;
}

/** A response of the type `application/problem+json`, RFC 9457. */
export class Problem {
  @ApiProperty({ type: 'string', example: 'about:blank' })
  type!: string;

  @ApiProperty({ type: 'string', description: 'The name of the status.', example: 'Bad Request' })
  title!: string;

  @ApiProperty({ type: 'integer', format: 'int32', example: 400 })
  status!: number;

  @ApiProperty({ type: 'string', required: false, description: 'The cause, and what to do.' })
  detail?: string;

  @ApiProperty({
    type: () => [ProblemPart],
    required: false,
    description: 'Each invalid parameter or field.',
  })
  errors?: ProblemPart[];
}

/** A problem whose title is that of the status. */
export function problem(status: number, detail: string, errors?: Problem['errors']): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, detail, ...(errors !== undefined && { errors }) };
}

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
  431: 'The URL and the headers of the request are too long, for instance with many ids.',
  503: 'The database cannot be reached, the query took too long, or too many requests are in progress. See `Retry-After`.',
} as const;

type ProblemStatus = keyof typeof DESCRIPTIONS;

/** Documents the errors of a route. 503 is always added, and errors of tokens unless the route is open. */
export function ApiProblems(...statuses: ProblemStatus[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ApiExtraModels(Problem),
    ...[...new Set<ProblemStatus>([...statuses, 503])].map((status) =>
      ApiResponse({ status, ...problemResponse(status) }),
    ),
  );
}

/** The description of an error in the OpenAPI document. */
export function problemResponse(status: ProblemStatus): {
  description: string;
  content: Record<string, { schema: { $ref: string } }>;
} {
  return {
    description: DESCRIPTIONS[status],
    content: { 'application/problem+json': { schema: { $ref: getSchemaPath(Problem) } } },
  };
}

/** A parameter is invalid for a reason that only the query itself finds. */
export class InvalidParameterError extends BadRequestException {
  override readonly name = 'InvalidParameterError';

  /** @param reason continues "parameter …": `must be the id of a benchmark` */
  constructor(parameter: string, reason: string) {
    super({ detail: `${parameter} ${reason}.`, errors: [{ parameter, detail: reason }] });
  }
}
