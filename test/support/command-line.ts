import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { built } from './built.js';
import { tempDir } from './temp-dir.js';

/** The built `tetcore-analytics`. */
export const CLI = built('cli/main.js');

export interface CommandResult {
  /** Of a process that a signal ended: null. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the built `tetcore-analytics` in a folder of its own, with nothing of our environment but what Node needs. */
export async function commandLine(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<CommandResult> {
  const cwd = await tempDir('cli');
  try {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd,
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { code: child.exitCode, stdout, stderr };
  } finally {
    await rm(cwd, { recursive: true });
  }
}
