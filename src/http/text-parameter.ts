import { applyDecorators } from '@nestjs/common';
import { Matches } from 'class-validator';

/** A text in a query, given once. PostgreSQL's texts hold every character but NUL. */
export function TextParameter(takes: string): PropertyDecorator {
  // What is not a string, such as a parameter that is repeated, does not match either.
  return applyDecorators(Matches(/^[^\0]*$/, { message: `takes ${takes}, once and without NUL characters` }));
}
