import { Command } from 'commander';
import { examples } from '../examples.js';

/** Runs the server until it is told to stop, as `dist/main.js` does. */
export function startCommand(): Command {
  return new Command('start')
    .summary('run the server')
    .description(
      'Runs the server until SIGTERM or Ctrl-C. What it does is set by environment variables, not by options.',
    )
    .addHelpText(
      'after',
      examples(
        ['tetcore-analytics start', 'with a PostgreSQL of its own, in ./data'],
        ['PORT=8081 DATA_DIR=/tmp/try tetcore-analytics start', 'another port, another place for its files'],
        ['DATABASE_URL=postgres://user@host/db tetcore-analytics start', 'with a database of yours'],
      ),
    )
    .action(async () => {
      const { run } = await import('../../server/index.js');
      process.exit(await run());
    });
}
