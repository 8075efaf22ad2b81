import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_VERSION } from '../../src/platform/config/index.js';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { readProjectFile } from '../support/markdown.js';
import { INSTALL_QUIETLY, pack } from '../support/packed.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';

const run = promisify(execFile);
const { peerDependencies: peers } = JSON.parse(readProjectFile('package.json')) as {
  peerDependencies: Record<string, string>;
};

/** A program of a team without modules of its own, in which the versions of NestJS meet. */
const PROGRAM = `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { AppModule, run } from 'tetcore-analytics';

class Same { constructor(moduleRef) { if (moduleRef.get(AppModule, { strict: false }) === undefined) throw new Error('other'); } }
Reflect.defineMetadata('design:paramtypes', [ModuleRef], Same);
class TeamModule {}
Module({ providers: [Same] })(TeamModule);
process.exit(await run({ imports: [TeamModule] }));
`;

let folder: string;
let archive: string;

/** A new package with these dependencies, and {@link PROGRAM} as `main.js`. */
async function project(name: string, dependencies: Record<string, string>): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  await writeFile(
    join(path, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies }),
  );
  await writeFile(join(path, 'main.js'), PROGRAM);
  return path;
}

/** Starts a program until it is ready, and stops it. */
async function serve(program: readonly string[], dataDir: string): Promise<void> {
  await using database = await TestDatabase.create();
  const environment = { DATABASE_URL: database.url, DATA_DIR: dataDir };
  await using server = await ServerProcess.ready(await freePort(), environment, program);
  expect((await fetch(`${server.http}/nodes`)).status).toBe(200);
  expect(await server.end('SIGTERM')).toBe(0);
}

beforeAll(async () => {
  folder = await tempDir('package');
  archive = await pack(folder);
}, 120_000);

afterAll(async () => await rm(folder, { recursive: true, force: true }));

describe('the packed package', () => {
  it('runs as a command after a global installation by npm', { timeout: 240_000 }, async () => {
    const prefix = join(folder, 'global');
    await run('npm', ['install', '--global', '--prefix', prefix, ...INSTALL_QUIETLY, archive]);
    const command = join(prefix, 'bin/tetcore-analytics');
    expect((await run(command, ['--version'])).stdout.trim()).toBe(PACKAGE_VERSION);
    await serve([command, 'start'], join(folder, 'global-data'));
  });

  it('is refused by npm beside another NestJS', { timeout: 120_000 }, async () => {
    const path = await project('nest-11', { '@nestjs/common': '^11.0.0', '@nestjs/core': '^11.0.0' });
    const installing = run('npm', ['install', ...INSTALL_QUIETLY, archive], { cwd: path });
    await expect(installing).rejects.toThrow(
      /ERESOLVE[\s\S]*peer @nestjs\/\w+@"\^12[\s\S]*tetcore-analytics/,
    );
  });

  it('works with pnpm, which shows only declared dependencies', { timeout: 240_000 }, async () => {
    const tools = join(folder, 'tools');
    await mkdir(tools);
    await run('npm', ['install', '--prefix', tools, ...INSTALL_QUIETLY, 'pnpm@10']);
    const path = await project('pnpm', {
      '@nestjs/common': '^12.0.1',
      '@nestjs/core': '^12.0.1',
      '@nestjs/platform-express': '^12.0.1',
      'reflect-metadata': '^0.2.2',
      rxjs: '^7.8.1',
    });
    const pnpm = join(tools, 'node_modules/.bin/pnpm');
    await run(pnpm, ['add', '--ignore-scripts', '--prefer-offline', archive], { cwd: path });
    await serve([join(path, 'main.js')], join(folder, 'pnpm-data'));
  });

  it('says what to install where a package manager leaves out peers', { timeout: 240_000 }, async () => {
    const path = await project('no-peers', {});
    await run('npm', ['install', '--legacy-peer-deps', ...INSTALL_QUIETLY, archive], { cwd: path });
    const command = join(path, 'node_modules/.bin/tetcore-analytics');
    const failed = await run(command, ['start']).catch((error: unknown) => error as { stderr: string });
    expect(failed.stderr).toContain(
      `npm install ${Object.entries(peers)
        .map(([name, range]) => `${name}@${range}`)
        .join(' ')}`,
    );
  });
});
