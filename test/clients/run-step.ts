import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAX_OUTPUT = 256 * 1024 ** 2;
/** Lines of the output in an error. */
const SHOWN_LINES = 40;

export interface StepOptions {
  cwd: string;
  minutes: number;
  env?: Record<string, string>;
}

/** A command failed, or took too long. */
export class StepFailedError extends Error {
  override readonly name = 'StepFailedError';
}

/**
 * Runs a command to its end.
 *
 * @returns its standard output
 * @throws StepFailedError with the end of its output
 */
export async function runStep(
  command: string,
  args: readonly string[],
  { cwd, minutes, env = {} }: StepOptions,
): Promise<string> {
  try {
    const { stdout } = await run(command, args, {
      cwd,
      env: { ...process.env, ...env },
      timeout: minutes * 60_000,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT,
    });
    return stdout;
  } catch (error) {
    const {
      stdout = '',
      stderr = '',
      killed,
    } = error as { stdout?: string; stderr?: string; killed?: boolean };
    const lines = `${stdout}\n${stderr}`.trimEnd().split('\n').slice(-SHOWN_LINES);
    const why = killed === true ? `took more than ${minutes.toString()} minutes` : 'failed';
    throw new StepFailedError(`${[command, ...args].join(' ')} ${why}:\n${lines.join('\n')}`);
  }
}

/** Whether a program can be run. */
export async function has(program: string): Promise<boolean> {
  return await run('which', [program]).then(
    () => true,
    () => false,
  );
}
