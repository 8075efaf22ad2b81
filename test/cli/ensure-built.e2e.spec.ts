import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempDir } from '../support/temp-dir.js';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
const SERVER = 'src/main.ts';
const PAGES = 'dashboard/index.html';
const TEST = 'src/main.spec.ts';

/** A project whose builds write their output only. */
describe('npm start', { timeout: 60_000 }, () => {
  let folder: string;

  beforeAll(async () => {
    folder = await tempDir('ensure-built');
    const { engines, scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      engines: object;
      scripts: Record<string, string>;
    };
    const write = (path: string): string =>
      `node -e "fs.mkdirSync('${dirname(path)}', { recursive: true }), fs.writeFileSync('${path}', '')"`;
    const manifest = {
      engines,
      scripts: {
        ...scripts,
        start: 'node -p 1',
        migrate: scripts.migrate?.replace(/&& .*/, ''),
        'build:server': write('dist/main.js'),
        'build:pages': write('static/dashboard/index.html'),
      },
    };
    await addFile('package.json', JSON.stringify(manifest));
    for (const name of ['package-lock.json', SERVER, PAGES, TEST, 'src/client/index.ts'])
      await addFile(name, '');
    for (const name of ['src/preflight.mjs', 'scripts/ensure-built.mjs']) {
      await addFile(name, '');
      await copyFile(join(ROOT, name), join(folder, name));
    }
    await mkdir(join(folder, 'src/storage/schema'), { recursive: true });
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function addFile(path: string, content: string): Promise<void> {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }

  /** What a script prints of its builds. */
  async function npm(script: string): Promise<string[]> {
    const { stderr } = await run('npm', ['run', '--silent', script], { cwd: folder });
    return stderr.split('\n').filter((line) => line !== '');
  }

  async function touch(path: string): Promise<void> {
    const later = new Date(Date.now() + 1_000);
    await utimes(join(folder, path), later, later);
  }

  it('builds what changed, and says so', async () => {
    expect(await npm('start')).toEqual([
      'Building the server, which takes some seconds: there is no build.',
      'Building the pages, which takes some seconds: there is no build.',
    ]);
    expect(await npm('start')).toEqual([]);
    await touch(SERVER);
    // A running server may use the build.
    expect(await npm('migrate')).toEqual([]);
    expect(await npm('start')).toEqual([
      `Building the server, which takes some seconds: ${SERVER} has changed.`,
    ]);
    await touch('dist/main.js');
    await touch(PAGES);
    expect(await npm('start')).toEqual([
      `Building the pages, which takes some seconds: ${PAGES} has changed.`,
    ]);
    await touch('static/dashboard/index.html');
    await touch(TEST);
    expect(await npm('start')).toEqual([]);
  });
});
