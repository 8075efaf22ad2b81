export { accessDenied } from './access-denied.js';
export { codeOf, ifExists } from './code-of.js';
export { describeError } from './describe-error.js';
export { OutsideServerError } from './outside-server.error.js';
export { OperatorError } from './operator.error.js';
