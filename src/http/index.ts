export { type Problem, ProblemFilter } from './problem.filter.js';
export { TimestampParameter } from './timestamp-parameter.js';
export { inputValidation } from './validation.js';
