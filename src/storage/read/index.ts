export { deferredRows, mappedRows, onePiece } from './deferred-rows.js';
export { Conditions } from './conditions.js';
export type { CursorQuery } from './cursor-fetch.js';
export { AdaptiveFetchSize, ReadCursor } from './read-cursor.js';
export { readRows } from './read-rows.js';
export { ReadTransaction } from './read-transaction.js';
export type { RowStatement } from './row-portal.js';
export { type ReadOptions, ReadTimeoutError } from './row-stream.js';
export { isSessionEnded, ReaderConnection, singleRow } from './reader-connection.js';
