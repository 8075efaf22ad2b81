import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { INSTALL_QUIETLY, pack } from '../support/packed.js';
import { tempDir } from '../support/temp-dir.js';

const run = promisify(execFile);

/** The first release of Node.js in which Jest can load an ES module by `require`. */
const JEST_NODE = [24, 9] as const;

/** A package as `nest new` makes it with CommonJS modules, and one test of a team. */
const FILES: Record<string, string> = {
  'package.json': JSON.stringify({ name: 'notes', private: true }),
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      module: 'nodenext',
      target: 'ES2023',
      strict: true,
      isolatedModules: true,
      emitDecoratorMetadata: true,
      experimentalDecorators: true,
      skipLibCheck: true,
      types: ['node', 'jest'],
    },
  }),
  'jest.config.json': JSON.stringify({
    testEnvironment: 'node',
    setupFiles: ['@willsoto/nestjs-prometheus'],
    transform: { '^.+\\.ts$': 'ts-jest' },
  }),
  'notes.spec.ts': `
import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { AfterStoreHook, type StoredMessage } from 'tetcore-analytics';
import { FakeNode, startTestServer, storedMessage, waitUntil } from 'tetcore-analytics/testing';

@Injectable()
class Notes { readonly all: unknown[] = []; }

@Injectable()
class NotesHook extends AfterStoreHook {
  constructor(private readonly notes: Notes) { super(); }
  override handle(messages: readonly StoredMessage[]): void {
    for (const { payload } of messages) if (payload.note !== undefined) this.notes.all.push(payload.note);
  }
}

@Controller('notes')
class NotesController {
  constructor(private readonly notes: Notes) {}
  @Get() list(): unknown[] { return this.notes.all; }
}

@Module({ controllers: [NotesController], providers: [Notes], exports: [Notes] })
class NotesModule {}

it('keeps the note of a message', () => {
  const notes = new Notes();
  new NotesHook(notes).handle([storedMessage({ payload: { note: 'a' } }), storedMessage()]);
  expect(notes.all).toEqual(['a']);
});

it('lists the note of a node', async () => {
  await using server = await startTestServer({
    extensions: { imports: [NotesModule], delivery: { hooks: [NotesHook] } },
  });
  const node = await FakeNode.connect(server.ws);
  await node.sendV1({ msg: 'test.note', note: 'b' });
  const list = async () => (await (await server.get('/notes')).json()) as unknown[];
  await waitUntil(async () => (await list()).length > 0, { what: 'the note' });
  expect(await list()).toEqual(['b']);
  expect((await server.get('/notes?x=1')).status).toBe(400);
}, 60_000);
`,
};

let folder: string;
let node: string;

beforeAll(async () => {
  folder = await tempDir('jest');
  const project = join(folder, 'notes');
  await mkdir(project);
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(project, name), text);
  const tools = ['jest@30', 'ts-jest@29', 'typescript@6', '@types/jest@30', '@types/node@24'];
  await run('npm', ['install', ...INSTALL_QUIETLY, await pack(folder), ...tools], { cwd: project });
  node = await nodeForJest();
}, 300_000);

afterAll(async () => await rm(folder, { recursive: true, force: true }));

/** This Node.js, or one of the npm package `node` if Jest needs a later one. */
async function nodeForJest(): Promise<string> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > JEST_NODE[0] || (major === JEST_NODE[0] && minor >= JEST_NODE[1])) return process.execPath;
  const tools = join(folder, 'node');
  await mkdir(tools);
  // Its install script installs the program for this platform, also from the registry.
  await run('npm', ['install', '--prefix', tools, '--no-audit', '--no-fund', 'node@24']);
  return join(tools, 'node_modules/node/bin/node');
}

it('the testing entry works in Jest with CommonJS modules', { timeout: 180_000 }, async () => {
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
  const { stderr } = await run(node, jest, {
    cwd: join(folder, 'notes'),
    env: { ...process.env, NO_COLOR: '1', PATH: `${dirname(node)}:${process.env.PATH ?? ''}` },
  });
  expect(stderr).toMatch(/Tests: +2 passed, 2 total/);
});
