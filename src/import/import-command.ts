import { Command, InvalidArgumentError } from 'commander';
import { DEFAULT_CHUNK, DEFAULT_CONNECTIONS } from './import-options.js';

const NOTES = `
It goes into the database of DATABASE_URL, which is created and migrated where that is needed. Servers may run on it
meanwhile. Nothing is written to the old one, but stop the server of 0.1.4 first, or run this again once it is stopped.
Run it again too where it was ended before it was through: it goes on, and brings nothing twice.

Both sides are counted at the end. The exit code is 0 where all rows of the source have come over and are here, but
for those that are left out for a reason that is told with their number, or that the purge has removed since.
docs/coming-from-0.1.4.md has the steps.

0.1.4 does not keep the genesis hash of a chain, so chains come by their names. Give --genesis with every run to have
them be the chains that nodes are on which connect to a server of this version.

Example:
  DATABASE_URL=postgres://user@host/new tetcore-analytics import --from postgres://user@host/old`;

export interface CommandOptions {
  from: string;
  chunk: number;
  connections: number;
  anotherSource?: boolean;
  genesis?: readonly string[];
}

/** The command that brings over a database of 0.1.4. What it takes is loaded when it runs. */
export function importCommand(): Command {
  return new Command('import')
    .summary('bring over a database of version 0.1.4')
    .description('Brings over a database of tetcore-analytics or substrate-analytics 0.1.4.')
    .requiredOption('--from <url>', 'the old database, postgres:// or postgresql://')
    .option('--chunk <rows>', 'rows of a transaction, at most', wholeNumber(1, 1_000_000), DEFAULT_CHUNK)
    .option(
      '--connections <number>',
      'transactions at the same time',
      wholeNumber(1, 16),
      DEFAULT_CONNECTIONS,
    )
    .option('--another-source', 'bring over another database than before')
    .option(
      '--genesis <name=hash>',
      'the genesis hash of the chain of that name; may be repeated',
      (text: string, others: readonly string[] | undefined) => [...(others ?? []), text],
    )
    .addHelpText('after', NOTES)
    .action(async (options: CommandOptions, command: Command) => {
      // A parser's error would repeat what is given, which may hold a password.
      if (!isDatabaseUrl(options.from)) {
        command.error(
          "error: option '--from <url>' takes a URL that begins with postgres:// or postgresql://.",
        );
      }
      const { readGenesis } = await import('./genesis-option.js');
      const genesis = readGenesis(options.genesis ?? []);
      if (typeof genesis === 'string') command.error(`error: option '--genesis <name=hash>' ${genesis}`);
      const { runImport } = await import('./run-import.js');
      process.exitCode = await runImport({ ...options, genesis });
    });
}

function isDatabaseUrl(text: string): boolean {
  return URL.canParse(text) && /^postgres(ql)?:\/\//.test(text);
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
  };
}
