export { codeOf, ifExists } from './code-of.js';
export { describeError } from './describe-error.js';
export { OperatorError } from './operator.error.js';
