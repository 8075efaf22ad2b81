export { copyText } from './copy-text.js';
export * from './json-scan.js';
export { findUnstorable, MAX_DEPTH, MAX_EXPONENT_DIGITS } from './storable.js';
export { UNSTORABLE_REASONS, type UnstorableReason } from './unstorable-reason.js';
