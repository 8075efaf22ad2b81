export { formatError, entriesOf, printable } from './log-text.js';
export { run } from './run.js';
export { startServer, type RunningServer } from './start-server.js';
