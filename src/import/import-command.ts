import { Command, InvalidArgumentError } from 'commander';
import { POSTGRES_URL, readPostgresUrl } from '../platform/postgres-url/index.js';
import { DEFAULT_CHUNK, DEFAULT_CONNECTIONS } from './import-options.js';

const NOTES = `
The target is the database of DATABASE_URL, which is created and migrated if needed. Servers may use it during the
import. The source is not changed. Stop the server of 0.1.4 first, or run the import again after you have stopped it.
An interrupted import can be run again: it continues, and imports no row twice.

At the end, the rows of both databases are counted. The exit code is 0 if all rows of the source are imported and
present, except rows that were skipped for a listed reason, or purged since.
docs/coming-from-0.1.4.md describes the steps.

0.1.4 does not store the genesis hash of a chain, so chains are identified by name. Pass --genesis in every run to
assign them to the chains of nodes that connect to this version.

Example:
  DATABASE_URL=postgres://user@host/new tetcore-analytics import --from postgres://user@host/old`;

export interface CommandOptions {
  from: string;
  chunk: number;
  connections: number;
  anotherSource?: boolean;
  genesis?: readonly string[];
}

/** The command `import`. Its code is loaded when it runs. */
export function importCommand(): Command {
  return new Command('import')
    .summary('import a database of version 0.1.4')
    .description('Imports a database of tetcore-analytics or substrate-analytics 0.1.4.')
    .requiredOption('--from <url>', 'source database, postgres:// or postgresql://')
    .option(
      '--chunk <rows>',
      'maximum number of rows per transaction',
      wholeNumber(1, 1_000_000),
      DEFAULT_CHUNK,
    )
    .option(
      '--connections <number>',
      'number of concurrent transactions',
      wholeNumber(1, 16),
      DEFAULT_CONNECTIONS,
    )
    .option('--another-source', 'allow a different source than in previous imports')
    .option(
      '--genesis <name=hash>',
      'genesis hash of the chain with this name; repeatable',
      (text: string, others: readonly string[] | undefined) => [...(others ?? []), text],
    )
    .addHelpText('after', NOTES)
    .action(async (options: CommandOptions, command: Command) => {
      // The error of a commander parser would repeat the URL, which may contain a password.
      const from = readPostgresUrl(options.from);
      if ('fault' in from) {
        command.error(`error: option '--from <url>' is ${from.fault}, but must be ${POSTGRES_URL}.`);
      }
      const { readGenesis } = await import('./run-import.js');
      const genesis = readGenesis(options.genesis ?? []);
      if (typeof genesis === 'string') command.error(`error: option '--genesis <name=hash>' ${genesis}`);
      const { runImport } = await import('./run-import.js');
      process.exitCode = await runImport({ ...options, from: from.url, genesis });
    });
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
  };
}
