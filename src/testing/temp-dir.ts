import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder. Open to others, so that where tests run as root PostgreSQL's own user can enter it. */
export async function tempDir(name: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), `tetcore-${name}-`));
  await chmod(dir, 0o755);
  return dir;
}
