import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { build } from 'vite';
import dashboard from '../../dashboard/vite.config.js';
import { tempDir } from '../support/temp-dir.js';

const ROOT = resolve(import.meta.dirname, '../..');

/** Pages, built for a test into a folder of its own. `await using` removes it. */
export class DashboardAssets implements AsyncDisposable {
  private constructor(
    /** For `ASSETS_PATH`. */
    readonly path: string,
  ) {}

  /** @param folders of `dashboard/`: `.` for the page of the nodes, `logs`, … */
  static async build(...folders: string[]): Promise<DashboardAssets> {
    const path = await tempDir('assets');
    for (const file of ['index.html', 'index.css', 'favicon.svg']) {
      await cp(join(ROOT, 'static', file), join(path, file));
    }
    const input = folders.map((folder) => join(ROOT, 'dashboard', folder, 'index.html'));
    const outDir = join(path, 'dashboard');
    await build({
      ...dashboard,
      configFile: false,
      logLevel: 'warn',
      build: { ...dashboard.build, outDir, rolldownOptions: { input } },
    });
    return new DashboardAssets(path);
  }

  /** Bytes of all scripts and styles that were built, compressed. */
  async compressedBytes(): Promise<number> {
    const folder = join(this.path, 'dashboard/assets');
    const files = await readdir(folder);
    const sizes = files.map(
      async (file) => (await promisify(gzip)(await readFile(join(folder, file)))).length,
    );
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
