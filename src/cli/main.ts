#!/usr/bin/env node
import { runCli } from './run-cli.js';

// Whoever reads what is printed may have had enough, such as `head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

await runCli(process.argv.slice(2));
