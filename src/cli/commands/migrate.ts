import { Command } from 'commander';
import { examples } from '../examples.js';

/** Brings the schema of the database of `DATABASE_URL` up to date. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .summary('bring the schema of the database up to date')
    .description(
      'Creates the database of DATABASE_URL where it is missing, and brings its schema up to date. ' +
        "A server's own PostgreSQL is migrated when that server starts.",
    )
    .option('--check', 'change nothing, and exit with 1 where migrations are missing')
    .addHelpText(
      'after',
      examples(
        ['DATABASE_URL=postgres://user@host/db tetcore-analytics migrate', 'before a new version is started'],
        ['tetcore-analytics migrate --check', 'whether that is needed'],
      ),
    )
    .action(async ({ check }: { check?: true }) => {
      const { checkMigrations, runMigrations } = await import('../work/migrate.js');
      await (check === true ? checkMigrations() : runMigrations());
    });
}
