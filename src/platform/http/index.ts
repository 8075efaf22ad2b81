export { ApiProblems, InvalidParameterError, Problem, problem, problemResponse } from './problem.js';
export {
  EnumParameter,
  documented,
  BooleanParameter,
  type InputOptions,
  isDate,
  LimitParameter,
  MAX_ROWS,
  ObjectField,
  PeerIdParameter,
  StringParameter,
  TimestampParameter,
  UuidParameter,
  IntegerField,
  IntegerParameter,
} from './parameters.js';
export { checkJsonBody, JsonBodyText, MAX_BODY_BYTES } from './json-body.js';
export { AnyQuery } from './validation.js';
export { HttpModule } from './http.module.js';
export { JsonText } from './json-text.js';
export { BeforeStart, Open, OPEN, WebSocketPath } from './route-decorators.js';
export {
  ApiBoolean,
  ApiNumber,
  ApiObject,
  ApiStringList,
  ApiString,
  ApiTimestamp,
  ApiUuid,
  ApiInteger,
} from './response-fields.js';
