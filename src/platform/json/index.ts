export * from './json-scan.js';
export { parseInteger } from './parse-integer.js';
export { findUnstorable, MAX_DEPTH, MAX_EXPONENT_DIGITS, type UnstorableReason } from './storable.js';
