import { Command } from 'commander';
import { importCommand } from '../import/index.js';
import { tooFewOpenFiles } from '../platform/open-files/index.js';
import { doctorCommand } from './commands/doctor.js';
import { migrateCommand } from './commands/migrate.js';
import { purgeCommand } from './commands/purge.js';
import { simulateCommand } from './commands/simulate.js';
import { startCommand } from './commands/start.js';
import { examples } from './examples.js';

const SETTINGS = `
Settings are environment variables, or lines of the file .env in the working directory: see docs/configuration.md.
Exit codes: 0 success, 1 failure, 2 invalid command line.`;

/**
 * The command line `tetcore-analytics`, with all its commands. What a command needs is loaded when it runs.
 *
 * @param args the command line that it is made for
 */
export async function createProgram(args: readonly string[] = []): Promise<Command> {
  const program = new Command('tetcore-analytics')
    .description('Receives the telemetry of nodes, stores it in PostgreSQL, and serves it over HTTP.')
    .version(await version(args), '-V, --version', 'display the version')
    .enablePositionalOptions()
    // What a command needs is loaded in its action, which fails with too few files and does not say why.
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
    simulateCommand(),
    importCommand(),
    purgeCommand(),
    doctorCommand(),
  ]) {
    program.addCommand(command);
  }
  return tellsErrors(program);
}

function checkOpenFiles(): void {
  const problem = tooFewOpenFiles();
  if (problem === undefined) return;
  console.error(problem);
  process.exit(1);
}

/** Leaves it to us to end the process, and hints at the help where a command line cannot be used. */
function tellsErrors(command: Command): Command {
  command.commands.forEach(tellsErrors);
  return command
    .exitOverride()
    .showHelpAfterError('(See --help.)')
    .configureOutput({ outputError: (text, write) => write(withoutValues(text)) });
}

/** Errors repeat what was given, in quotes: without what follows a first `=` or `:` there, which may hold a password. */
function withoutValues(text: string): string {
  return text.replace(/'([^'\n=:]*[=:])[^]*'/, "'$1…'");
}

/** Read only when it is asked for, since the settings are loaded with it. */
async function version(args: readonly string[]): Promise<string> {
  if (!['-V', '--version'].includes(args[0] ?? '')) return '';
  const { PACKAGE_VERSION } = await import('../platform/config/index.js');
  return PACKAGE_VERSION;
}
