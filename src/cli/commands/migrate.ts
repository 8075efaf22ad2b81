import { Command } from 'commander';
import { examples } from '../examples.js';

/** Brings the schema of the database of `DATABASE_URL` up to date. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .summary('apply pending database migrations')
    .description(
      'Creates the database of DATABASE_URL if it does not exist, and applies pending migrations. ' +
        'The embedded PostgreSQL is migrated when the server starts.',
    )
    .option('--check', 'change nothing; the exit code is 1 if migrations are pending')
    .addHelpText(
      'after',
      examples(
        ['DATABASE_URL=postgres://user@host/db tetcore-analytics migrate', 'before you start a new version'],
        ['tetcore-analytics migrate --check', 'check for pending migrations'],
      ),
    )
    .action(async ({ check }: { check?: true }) => {
      const { checkMigrations, runMigrations } = await import('../work/migrate.js');
      await (check === true ? checkMigrations() : runMigrations());
    });
}
