export { formatError } from './format-error.js';
export { entriesOf, printable } from './printable.js';
export { run } from './run.js';
export { startServer, type RunningServer } from './start-server.js';
