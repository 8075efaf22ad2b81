export { chooseFormat } from './choose-format.js';
export { ApiProblems, problemAnswer } from './api-problems.js';
export { InvalidParameterError } from './invalid-parameter.error.js';
export { documented, type InputOptions } from './parameters/documented.js';
export * from './parameters/index.js';
export { checkJsonBody, JsonBodyText, MAX_BODY_BYTES } from './json-body.js';
export { AnyQuery } from './declared-query.interceptor.js';
export { HttpModule } from './http.module.js';
export { JsonText } from './json-text.js';
export { Open, OPEN } from './open.js';
export { Problem, problem } from './problem.js';
export { BeforeStart } from './started.guard.js';
export {
  FlagOf,
  NumberOf,
  ObjectOf,
  TextListOf,
  TextOf,
  TimeOf,
  UuidOf,
  WholeNumberOf,
} from './answer-fields.js';
export { WebSocketPath } from './web-socket-path.js';
