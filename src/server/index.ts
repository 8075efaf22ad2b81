export { explain } from './explain.js';
export { run } from './run.js';
export { startServer, type RunningServer } from './start-server.js';
