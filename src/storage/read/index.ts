export { deferredRows } from './deferred-rows.js';
export { Conditions } from './conditions.js';
export { cursorRows, AdaptiveFetchSize, ReadCursor } from './read-cursor.js';
export { ReadTimeoutError } from './row-stream.js';
export { type ReadOptions, ReadTransaction } from './read-transaction.js';
export { isSessionEnded, ReaderConnection, singleRow } from './reader-connection.js';
