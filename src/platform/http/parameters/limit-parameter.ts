import { WholeNumberParameter } from './whole-number-parameter.js';

/** Rows that an answer in JSON has, at most. */
export const MAX_ROWS = 10_000;

/** How many rows of a list are wanted. */
export function LimitParameter(standard: number, description = 'Maximum number of rows.'): PropertyDecorator {
  return WholeNumberParameter({ min: 1, max: MAX_ROWS, description, default: standard });
}
