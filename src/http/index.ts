export { type Problem, ProblemFilter } from './problem.filter.js';
export { TextParameter } from './text-parameter.js';
export { TimestampParameter } from './timestamp-parameter.js';
export { inputValidation } from './validation.js';
export { WholeNumberParameter } from './whole-number-parameter.js';
