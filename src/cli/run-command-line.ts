import { CommanderError } from 'commander';
import { createProgram } from './program.js';

/** The exit code for an invalid command line, as in shells. */
const USAGE_ERROR = 2;

/** Runs a command line, without the name of the program, and sets the exit code of the process. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  // A reader such as `head` may close the pipe early. The server continues: see `surviveLostOutput`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  try {
    await (await createProgram(args)).parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed the message.
      process.exitCode = error.exitCode === 0 ? 0 : USAGE_ERROR;
      return;
    }
    const { printError } = await import('./output.js');
    printError(error);
    process.exitCode = 1;
  }
}
