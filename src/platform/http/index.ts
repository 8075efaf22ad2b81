export { ApiProblems, InvalidParameterError, Problem, problem, problemResponse } from './problem.js';
export {
  EnumListParameter,
  EnumParameter,
  BooleanField,
  BooleanParameter,
  DEFAULT_ROWS,
  LimitParameter,
  MAX_INT32,
  ObjectField,
  PeerIdParameter,
  PeerIdsParameter,
  StringParameter,
  UuidParameter,
  IntegerField,
  IntegerParameter,
} from './parameters.js';
export { documented, type InputOptions } from './documented.js';
export { DATE, TIMESTAMP, TimestampParameter } from './timestamp.js';
export { ignoreMediaTypeParameters } from './accept-header.js';
export { ApiConditions, conditionsOf } from './conditions.js';
export { checkJsonBody, JsonBodyText, MAX_BODY_BYTES } from './json-body.js';
export { AnyQuery, tooManyRows } from './validation.js';
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
  ApiIntegerList,
} from './response-fields.js';
