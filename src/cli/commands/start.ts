import { Command } from 'commander';
import { examples } from '../examples.js';

/** Runs the server until it is told to stop, as `dist/main.js` does. */
export function startCommand(): Command {
  return new Command('start')
    .summary('run the server')
    .description(
      'Runs the server until SIGTERM or Ctrl-C. It is configured by environment variables, not by options.',
    )
    .addHelpText(
      'after',
      examples(
        ['tetcore-analytics start', 'use the embedded PostgreSQL in ./data'],
        ['PORT=8081 DATA_DIR=/tmp/try tetcore-analytics start', 'use another port and another directory'],
        ['DATABASE_URL=postgres://user@host/db tetcore-analytics start', 'use your own database'],
      ),
    )
    .action(async () => {
      const { run } = await import('../../server/index.js');
      process.exit(await run());
    });
}
