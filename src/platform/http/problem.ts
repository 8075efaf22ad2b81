import { ApiProperty } from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';

/** What is wrong with one input. */
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

/** An answer of the type `application/problem+json`, RFC 9457. */
export class Problem {
  @ApiProperty({ type: 'string', example: 'about:blank' })
  type!: string;

  @ApiProperty({ type: 'string', description: 'The name of the status.', example: 'Bad Request' })
  title!: string;

  @ApiProperty({ type: 'integer', example: 400 })
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

/** A problem that its status names. */
export function problem(status: number, detail: string, errors?: Problem['errors']): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, detail, ...(errors !== undefined && { errors }) };
}
