import { BadRequestException } from '@nestjs/common';

/** A parameter has a value that is not taken, as only the question itself could tell. */
export class InvalidParameterError extends BadRequestException {
  override readonly name = 'InvalidParameterError';

  /** @param takes continues "parameter …": `takes the id of a benchmark` */
  constructor(parameter: string, takes: string) {
    super({ detail: `${parameter} ${takes}.`, errors: [{ parameter, detail: takes }] });
  }
}
