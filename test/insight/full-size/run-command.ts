import { commandLine } from '../../support/command-line.js';

/**
 * Runs the built `tetcore-analytics` until it ends.
 *
 * @throws with what it printed, if it fails
 */
export async function runCommand(
  args: readonly string[],
  more: readonly string[] = [],
  environment: Record<string, string> = {},
): Promise<void> {
  const { code, stdout, stderr } = await commandLine([...args, ...more], environment);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}:\n${stdout}${stderr}`);
}
