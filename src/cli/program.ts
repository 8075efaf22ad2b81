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
Settings are environment variables, or lines of a file .env in the working directory: docs/configuration.md lists
them. The exit code is 0 when all went well, 1 when it did not, and 2 for a command line that cannot be used.`;

/**
 * The command line `tetcore-analytics`, with all its commands. What a command needs is loaded when it runs.
 *
 * @param args the command line that it is made for
 */
export async function createProgram(args: readonly string[] = []): Promise<Command> {
  const program = new Command('tetcore-analytics')
    .description('Takes in the telemetry of nodes, keeps it in PostgreSQL, and answers questions about it.')
    .version(await version(args), '-V, --version', 'display the version')
    .enablePositionalOptions()
    // What a command needs is loaded in its action, which fails with too few files and does not say why.
    .hook('preAction', checkOpenFiles)
    .addHelpText('after', SETTINGS)
    .addHelpText(
      'after',
      examples(
        ['tetcore-analytics start', 'the server, with a database of its own'],
        ['tetcore-analytics simulate --nodes 20', 'twenty nodes that talk to it'],
        ['tetcore-analytics doctor', 'what may be wrong with it'],
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
    .showHelpAfterError('(--help lists what there is.)')
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
