import { BadRequestException } from '@nestjs/common';

/** A parameter has a value that is not taken, as only the question itself could tell. */
export class InvalidParameterError extends BadRequestException {
  override readonly name = 'InvalidParameterError';

  /** @param reason continues "parameter …": `must be the id of a benchmark` */
  constructor(parameter: string, reason: string) {
    super({ detail: `${parameter} ${reason}.`, errors: [{ parameter, detail: reason }] });
  }
}
