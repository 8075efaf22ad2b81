import { CommanderError } from 'commander';
import { createProgram } from './program.js';

/** Of a command line that cannot be used, as that of a shell's own commands. */
const USAGE_ERROR = 2;

/** Runs a command line, without the names of the programs before it, and sets the exit code of the process. */
export async function runCli(args: readonly string[]): Promise<void> {
  try {
    await (await createProgram(args)).parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // It has said what there is to say.
      process.exitCode = error.exitCode === 0 ? 0 : USAGE_ERROR;
      return;
    }
    const { complain } = await import('./output.js');
    complain(error);
    process.exitCode = 1;
  }
}
