import { Command, InvalidArgumentError } from 'commander';
import { importCommand } from '../import/index.js';
import { tooFewOpenFiles } from '../platform/open-files/index.js';
import { earlyLine, failEarly, logsJson } from '../preflight.mjs';

const SETTINGS = `
Settings are environment variables, or lines of the file .env in the working directory: see docs/configuration.md.
Exit codes: 0 success, 1 failure, 2 invalid command line.`;

/**
 * The command line `tetcore-analytics` with all its commands. The code of a command is loaded when it runs, so that help
 * and completion are fast.
 *
 * @param args the command line that will be parsed
 */
export async function createProgram(args: readonly string[] = []): Promise<Command> {
  const program = new Command('tetcore-analytics')
    .description('Receives the telemetry of nodes, stores it in PostgreSQL, and serves it over HTTP.')
    .version(await version(args), '-V, --version', 'display the version')
    .enablePositionalOptions()
    // With too few open files, loading the code of a command fails with a misleading error.
    .hook('preAction', checkOpenFiles)
    .addHelpText('after', SETTINGS)
    .addHelpText(
      'after',
      examples(
        ['tetcore-analytics start', 'run the server with an embedded PostgreSQL'],
        ['tetcore-analytics simulate --nodes 20', 'send it the telemetry of 20 simulated nodes'],
        ['tetcore-analytics doctor', 'check settings, machine and database'],
      ),
    );
  for (const command of [
    startCommand(),
    migrateCommand(),
    await simulateCommand(args),
    importCommand(),
    purgeCommand(),
    insightCommand(),
    doctorCommand(),
  ]) {
    program.addCommand(command);
  }
  return configureErrors(program);
}

function startCommand(): Command {
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
      const { run } = await import('../server/index.js');
      process.exit(await run());
    });
}

function migrateCommand(): Command {
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
      const { checkMigrations, runMigrations } = await import('./migrate.js');
      await (check === true ? checkMigrations() : runMigrations());
    });
}

/** The help of the command lists the scenarios, so it is loaded from the simulator if the command line needs it. */
async function simulateCommand([name]: readonly string[]): Promise<Command> {
  if (name === 'simulate' || name === 'help') {
    return (await import('../simulator/index.js')).simulateCommand();
  }
  return new Command('simulate').summary(
    'send the telemetry of a simulated network to a server or into a database',
  );
}

function insightCommand(): Command {
  const rebuild = new Command('rebuild')
    .summary('compute the statistics of a time range again')
    .description(
      'Computes the statistics of blocks and minutes of whole hours from their messages, and replaces what is stored of them. ' +
        'Use it for the time before this version, and after an import. Servers may run at the same time.',
    )
    .requiredOption('--from <time>', 'start, such as 2026-11-01T00:00:00Z', readTime)
    .option('--to <time>', 'end; by default the last hour that the servers have closed', readTime)
    .addHelpText(
      'after',
      examples([
        'tetcore-analytics insight rebuild --from 2026-11-01T00:00:00Z --to 2026-11-02T00:00:00Z',
        'one day again',
      ]),
    )
    .action(async (options: { from: number; to?: number }) => {
      const { rebuildInsight } = await import('./insight.js');
      await rebuildInsight(options);
    });
  return new Command('insight').summary('statistics of blocks and minutes').addCommand(rebuild);
}

/** @returns milliseconds since the epoch */
function readTime(text: string): number {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : NaN;
  if (Number.isNaN(time))
    throw new InvalidArgumentError('It must be a time with its zone: 2026-11-01T00:00:00Z.');
  return time;
}

function purgeCommand(): Command {
  return new Command('purge')
    .summary('remove expired data now')
    .description(
      'Removes expired data once, as servers do every PURGE_INTERVAL_S. Servers may run at the same time. Without ' +
        'DATABASE_URL it purges the embedded PostgreSQL of the server that runs in DATA_DIR.',
    )
    .option('--dry-run', 'change nothing; print what would be removed')
    .addHelpText(
      'after',
      examples(
        [
          'tetcore-analytics purge --dry-run',
          'list partitions with rows and sizes, and rows of other tables',
        ],
        [
          'LOG_EXPIRY_H=720 tetcore-analytics purge',
          'drop whole partitions in which all messages are older than 30 days',
        ],
      ),
    )
    .action(async ({ dryRun }: { dryRun?: true }) => {
      const { previewPurge, purgeNow } = await import('./purge.js');
      await (dryRun === true ? previewPurge() : purgeNow());
    });
}

function doctorCommand(): Command {
  return new Command('doctor')
    .summary('check settings, machine and database')
    .description(
      'Checks settings, machine and database, and prints each problem with a remedy. It changes nothing. Run it with ' +
        'the settings of the server and as the user of the server.',
    )
    .option('--json', 'print the findings as JSON')
    .option(
      '--replicas <number>',
      'planned number of servers on the database (default: the number running now)',
      parseReplicas,
    )
    .addHelpText(
      'after',
      examples(
        ['tetcore-analytics doctor', 'on the machine of a server, with its settings and as its user'],
        [
          'tetcore-analytics doctor --replicas 4',
          'check whether the database has connections for four servers',
        ],
        ['tetcore-analytics doctor --json', 'for scripts; the exit code is 1 if there is a problem'],
      ),
    )
    .action(async ({ json = false, replicas: planned }: { json?: boolean; replicas?: number }) => {
      const { runDoctor } = await import('./doctor/doctor.js');
      process.exitCode = await runDoctor({ json, replicas: planned });
    });
}

function parseReplicas(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be an integer from 1 to 9999.');
}

/** The examples at the end of a help text: command lines with their purpose. */
function examples(...lines: readonly (readonly [commandLine: string, purpose: string])[]): string {
  const width = Math.max(...lines.map(([commandLine]) => commandLine.length));
  const rows = lines.map(([commandLine, purpose]) => `  ${commandLine.padEnd(width)}  ${purpose}`);
  return `\n${['Examples:', ...rows].join('\n')}`;
}

function checkOpenFiles(): void {
  const problem = tooFewOpenFiles();
  if (problem !== undefined) failEarly(problem);
}

/** Errors are thrown instead of ending the process, with a hint at the help. */
function configureErrors(command: Command): Command {
  command.commands.forEach(configureErrors);
  return command
    .exitOverride()
    .showHelpAfterError('(See --help.)')
    .configureOutput({
      writeErr: (text) => process.stderr.write(inLogFormat(text)),
      outputError: (text, write) => write(withoutValues(text)),
    });
}

/** What Commander prints about an invalid command line, in the format of the log. */
function inLogFormat(text: string): string {
  return logsJson() ? `${earlyLine('error', text.trim())}\n` : text;
}

/** Removes what follows the first `=` or `:` in a quoted argument, which may contain a password. */
function withoutValues(text: string): string {
  return text.replace(/'([^'\n=:]*[=:])[^]*'/, "'$1…'");
}

/** Loaded only for `--version`, because the settings are loaded with it. */
async function version(args: readonly string[]): Promise<string> {
  if (!['-V', '--version'].includes(args[0] ?? '')) return '';
  const { PACKAGE_VERSION } = await import('../platform/config/index.js');
  return PACKAGE_VERSION;
}
