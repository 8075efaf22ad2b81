import { BadRequestException, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';

/** Checks every input against its class; what the class does not know is refused. */
export function inputValidation(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (errors) => new BadRequestException(describe(errors)),
  });
}

function describe(errors: readonly ValidationError[]): object {
  const found = errors.map(({ property, constraints = {} }) => ({
    parameter: property,
    detail:
      'whitelistValidation' in constraints
        ? 'is not known here'
        : (Object.values(constraints)[0] ?? 'cannot be used'),
  }));
  return {
    detail: found.map(({ parameter, detail }) => `${parameter} ${detail}.`).join(' '),
    errors: found,
  };
}
