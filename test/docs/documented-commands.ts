import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { TestServer } from '../support/test-server.js';

const run = promisify(execFile);
/** Ends the output of a line. It does not occur in responses. */
const SEPARATOR = '\x1e';

/** What the commands of the documentation need, and this machine does not have. */
export const missingTools = ['bash', 'curl', 'grep', 'date'].filter((tool) => !isInstalled(tool));
/** The end of a test's name. */
export const MISSING = missingTools.length > 0 ? `: install ${missingTools.join(', ')}` : '';

function isInstalled(tool: string): boolean {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A line with `curl`, and what it got. */
export interface CommandResult {
  line: string;
  /** Of HTTP. */
  status: string;
  body: string;
}

/**
 * Runs the lines of a page in one shell, against a server: `API=` is replaced.
 *
 * @throws Error if a line fails
 */
export async function runCommands(
  lines: readonly string[],
  server: TestServer,
  cwd: string,
): Promise<CommandResult[]> {
  const script = lines.map((line) => (line.startsWith('API=') ? `API=${server.http}` : line));
  const { stdout, stderr } = await run(
    'bash',
    [
      '-e',
      '-o',
      'pipefail',
      '-c',
      ['curl() { command curl -sS -w "%{stderr}%{http_code} " "$@"; }', ...script]
        .map((line) => `${line}\nprintf '${SEPARATOR}'; printf '${SEPARATOR}' >&2`)
        .join('\n'),
    ],
    { cwd, maxBuffer: 64 * 1024 ** 2 },
  );
  const [bodies, statuses] = [stdout, stderr].map((text) => text.split(SEPARATOR).slice(1));
  return script
    .map((line, index) => ({
      line,
      status: statuses?.[index]?.trim() ?? '',
      body: bodies?.[index] ?? '',
    }))
    .filter(({ line }) => line.includes('curl'));
}
