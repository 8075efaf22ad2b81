export { Conditions } from './conditions.js';
export { cursorRows } from './cursor-rows.js';
export { FetchSize } from './fetch-size.js';
export { ReadCursor } from './read-cursor.js';
export { ReadTimeoutError } from './read-timeout.error.js';
export { type ReadOptions, ReadTransaction } from './read-transaction.js';
export { isSessionEnded, ReaderConnection, singleRow } from './reader-connection.js';
