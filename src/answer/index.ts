export { Conditions } from './conditions.js';
export { chooseFormat } from './choose-format.js';
export { cursorRows } from './cursor-rows.js';
export { ReadCursor, ReadTransaction } from './read-transaction.js';
export { csv, JSON_LIST, NDJSON, type RowFormat } from './row-format.js';
export { sendJson } from './send-json.js';
export { EXPORT_LIMITS, PAGE_LIMITS, sendRows } from './send-rows.js';
export { timeText } from './time-text.js';
