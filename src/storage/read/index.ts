export { Conditions } from './conditions.js';
export { cursorRows } from './cursor-rows.js';
export { ReadCursor, ReadTransaction } from './read-transaction.js';
export { asError, ReaderConnection, singleRow } from './reader-connection.js';
export { csv, JSON_LIST, NDJSON, type RowFormat } from './row-format.js';
export { SearchLimitError } from './search-limit.error.js';
export { EXPORT_LIMITS, PAGE_LIMITS, sendRows } from './send-rows.js';
