export { ChoiceParameter } from './choice-parameter.js';
export { FlagParameter } from './flag-parameter.js';
export { LimitParameter, MAX_ROWS } from './limit-parameter.js';
export { ObjectField } from './object-field.js';
export { PeerIdParameter } from './peer-id-parameter.js';
export { TextParameter } from './text-parameter.js';
export { isDate, TimestampParameter } from './timestamp-parameter.js';
export { WholeNumberField, WholeNumberParameter } from './whole-number-parameter.js';
export { UuidParameter } from './uuid-parameter.js';
