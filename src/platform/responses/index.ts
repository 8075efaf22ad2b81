export { ResponseLimits } from './response-limits.js';
export { ResponsesModule } from './responses.module.js';
export { RowResponses } from './row-responses.js';
export { csv, JSON_LIST, NDJSON, type RowFormat } from './row-format.js';
