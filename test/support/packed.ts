import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './markdown.js';

const run = promisify(execFile);

/** Scripts of packages are not run: PostgreSQL is that of the tests. */
export const INSTALL_QUIETLY = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];

/** Packs what is built, as it would be published. @returns the path of the archive */
export async function pack(folder: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: ROOT,
    maxBuffer: 64 * 1024 * 1024,
  });
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  return join(folder, packed?.filename ?? '');
}
