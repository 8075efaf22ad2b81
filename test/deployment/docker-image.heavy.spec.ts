import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { lockedPackages, project } from '../supply-chain/packages.js';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { readProjectFile, ROOT } from '../support/markdown.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';

const run = promisify(execFile);
const DIST =
  process.env.TEST_SERVER_MAIN === undefined ? join(ROOT, 'dist') : dirname(process.env.TEST_SERVER_MAIN);
const INSTALL = 'npm ci --omit=dev --no-audit --no-fund';
const [packages = '', image = ''] = readProjectFile('Dockerfile')
  .split(/^(?=FROM )/m)
  .slice(-2);

it(
  'the files and production packages that the Dockerfile copies start the server',
  { timeout: 180_000 },
  async () => {
    const folder = await tempDir('image');
    const dataDir = await tempDir('image-data');
    try {
      expect(packages).toContain('COPY package.json package-lock.json ./\n');
      const [install, ...steps] = [...packages.matchAll(/^RUN (.+)$/gm)].map(([, command = '']) => command);
      expect(install).toBe(INSTALL);
      for (const name of ['package.json', 'package-lock.json'])
        await cp(join(ROOT, name), join(folder, name));
      const [npm = '', ...args] = INSTALL.split(' ');
      await run(npm, [...args, '--prefer-offline'], { cwd: folder });
      for (const step of steps) await run('sh', ['-c', step], { cwd: folder });
      const copied = [...image.matchAll(/^COPY (?:--from=build \/app\/|(?!--))(.+) \S+$/gm)].flatMap(
        ([, names = '']) => names.split(' '),
      );
      expect(copied).toEqual(['dist', 'static', 'package.json', 'LICENSE']);
      for (const name of copied) {
        await cp(name === 'dist' ? DIST : join(ROOT, name), join(folder, name), { recursive: true });
      }
      const devPackages = lockedPackages().filter(({ dev }) => dev === true);
      expect(devPackages.length).toBeGreaterThan(100);
      expect(devPackages.filter(({ path }) => existsSync(join(folder, path)))).toEqual([]);
      // Production types may depend on @types packages. They are never loaded.
      const installed = Object.keys(project.devDependencies).filter((name) =>
        existsSync(join(folder, 'node_modules', name)),
      );
      expect(installed.filter((name) => !name.startsWith('@types/'))).toEqual([]);

      const [node, main = ''] = execFormAfter('\nCMD');
      expect(node).toBe('node');
      await using database = await TestDatabase.create();
      await using server = await ServerProcess.ready(
        await freePort(),
        { DATABASE_URL: database.url, DATA_DIR: dataDir },
        join(folder, main),
      );
      for (const path of [
        '/',
        '/dashboard/',
        '/docs',
        '/openapi.json',
        '/metrics',
        '/nodes',
        '/stats/version',
      ]) {
        expect([path, (await fetch(server.http + path)).status]).toEqual([path, 200]);
      }

      const [command, ...check] = execFormAfter('\n {2}CMD');
      expect(command).toBe('node');
      const checkOn = (port: number): Promise<unknown> =>
        run(process.execPath, check, { env: { PORT: port.toString() } });
      await checkOn(server.port);
      await expect(checkOn(await freePort())).rejects.toMatchObject({ code: 1 });
      expect(await server.end(signalOf('STOPSIGNAL'))).toBe(0);
    } finally {
      for (const directory of [folder, dataDir]) await rm(directory, { recursive: true, force: true });
    }
  },
);

it('the image does not run as root, and has a volume for its data', () => {
  expect(image).toContain('\nUSER 1000:1000\n');
  expect(image).toContain('\nENV DATA_DIR=/data\nVOLUME /data\n');
  expect(readProjectFile('.dockerignore').split('\n')).toContain('*');
});

/** The JSON array of an exec-form instruction. */
function execFormAfter(start: string): string[] {
  return JSON.parse(new RegExp(`${start} (\\[.*\\])\n`).exec(image)?.[1] ?? '[]') as string[];
}

function signalOf(instruction: string): NodeJS.Signals {
  return (new RegExp(`^${instruction} (\\w+)$`, 'm').exec(image)?.[1] ?? '') as NodeJS.Signals;
}
