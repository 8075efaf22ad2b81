import { ESLint } from 'eslint';
import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { answersOf, fill } from '../backup/server-content.js';
import { isAllowed, licenceOf, lockedPackages, manifestOf, project } from './packages.js';
import { configurations, importedBy, sourcesIn } from './sources.js';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { codesIn, readProjectFile, tableUnder } from '../support/markdown.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';

const page = readProjectFile('docs/dependencies.md');
const { devDependencies, scripts, allowScripts } = project;
/** A team's application shares the peer dependencies; everything else that installs the server installs them too. */
const dependencies = { ...project.dependencies, ...project.peerDependencies };
const locked = lockedPackages();

/** The packages that a table lists, in the order of their names. */
const listedUnder = (heading: string): string[] =>
  tableUnder(page, heading)
    .flatMap(([packages = '']) => codesIn(packages))
    .sort();

/** The licences that a paragraph lists. */
const licencesIn = (start: string): string[] => {
  const paragraph = page.split('\n').find((line) => line.startsWith(start)) ?? '';
  return codesIn(paragraph).filter((code) => /^[A-Z0-9]/.test(code));
};

describe('docs/dependencies.md', () => {
  it('explains each direct dependency', () => {
    expect(listedUnder('## The server and its pages')).toEqual(Object.keys(dependencies).sort());
    expect(listedUnder('## Build and tests')).toEqual(Object.keys(devDependencies).sort());
  });

  it('lists allowed install scripts', () => {
    const withScripts = new Set(
      locked.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name),
    );
    const listed = tableUnder(page, '## Scripts that run when a package is installed').flatMap(
      ([packages = '', runs]) => codesIn(packages).map((name): [string, boolean] => [name, runs === 'yes']),
    );
    expect(Object.fromEntries(listed)).toEqual(allowScripts);
    expect(new Set(listed.map(([name]) => name))).toEqual(withScripts);
  });

  it('lists the licences of all packages', () => {
    const ofServer = licencesIn('Of what runs with the server:');
    const ofAll = [...ofServer, ...licencesIn('Of what only builds and tests')];
    const wrong = locked
      .map((each) => ({ each, licence: licenceOf(each) }))
      .filter(({ each, licence }) => !isAllowed(licence, new Set(each.isDev ? ofAll : ofServer)));
    expect(wrong.map(({ each, licence }) => `${each.path}: ${licence}`)).toEqual([]);
    const found = new Set(locked.flatMap((each) => licenceOf(each).split(/ AND | OR |[()]/)));
    expect(ofAll.filter((licence) => !found.has(licence))).toEqual([]);
  });
});

describe('a package', () => {
  const everything = [
    ...sourcesIn('src', 'dashboard', 'test', 'bench', 'scripts', 'monitoring'),
    ...configurations(),
  ];

  it('is used by an import, as a command or as a peer dependency', () => {
    const all = Object.keys({ ...dependencies, ...devDependencies });
    const imported = importedBy(everything, { types: true });
    const words = new Set(
      Object.values(scripts)
        .join(' ')
        .split(/[\s;&|]+/),
    );
    const asked = new Set(all.flatMap((name) => Object.keys(manifestOf(name).peerDependencies ?? {})));
    const isUsed = (name: string): boolean => {
      const { bin = {} } = manifestOf(name);
      const commands = typeof bin === 'string' ? [name] : Object.keys(bin);
      const typed = name.startsWith('@types/') ? name.slice('@types/'.length) : name;
      return (
        imported.has(typed) ||
        asked.has(name) ||
        commands.some((command) => words.has(command)) ||
        name === '@types/node'
      );
    };
    expect(all.filter((name) => !isUsed(name))).toEqual([]);
  });

  it('is in the right section: the server needs no development packages', () => {
    const running = [...sourcesIn('src', 'dashboard')].filter(
      ({ path }) => !/\.spec\.tsx?$|vite\.config/.test(path),
    );
    const missing = [...importedBy(running, { types: false })].filter((name) => !(name in dependencies));
    expect(missing).toEqual([]);
    // What is packed is tried by its own name.
    const known = { ...dependencies, ...devDependencies, 'tetcore-analytics': true };
    const unnamed = [...importedBy(everything, { types: true })].filter((name) => !(name in known));
    expect(unnamed).toEqual([]);
  });

  it('that a team shares with the server is a peer dependency alone, so that there is one of each', () => {
    const shared = Object.keys(dependencies).filter((name) =>
      /^@nestjs\/|^@willsoto\/|^(?:class-transformer|class-validator|prom-client|reflect-metadata|rxjs|typeorm)$/.test(
        name,
      ),
    );
    expect(Object.keys(project.peerDependencies).sort()).toEqual(shared.sort());
    // As a development package too, npm would leave it out with --omit=dev.
    const twice = shared.filter((name) => name in project.dependencies || name in devDependencies);
    expect(twice).toEqual([]);
  });

  it('is locked by digest, and comes from a registry', () => {
    const wrong = locked.filter(
      ({ integrity, resolved, link }) =>
        link === true ||
        !/^sha(?:256|384|512)-/.test(integrity ?? '') ||
        (resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/')),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
    const elsewhere = Object.entries({ ...dependencies, ...devDependencies }).filter(([, range]) =>
      /[:/]/.test(range),
    );
    expect(elsewhere).toEqual([]);
  });
});

describe('code generation from strings', () => {
  it('is not used, and a lint rule rejects it', { timeout: 60_000 }, async () => {
    const MADE =
      /(?<![.\w])eval\s*\(|\bnew\s+Function\s*\(|(?<![.\w])Function\s*\(|\bset(?:Timeout|Interval)\s*\(\s*['"`]|from 'node:vm'/;
    const found = sourcesIn('src', 'dashboard').filter(
      ({ path, text }) => !path.includes('.spec.') && MADE.test(text),
    );
    expect(found.map(({ path }) => path)).toEqual([]);
    const eslint = new ESLint();
    for (const file of ['src/main.ts', 'dashboard/shared/page.tsx', 'scripts/ensure-built.mjs']) {
      const { rules } = (await eslint.calculateConfigForFile(file)) as { rules: Record<string, [number]> };
      const isOn = (rule: string): boolean => rules[rule]?.[0] === 2;
      expect([
        file,
        isOn('no-eval'),
        isOn('no-new-func'),
        isOn('no-implied-eval') || isOn('@typescript-eslint/no-implied-eval'),
      ]).toEqual([file, true, true, true]);
    }
  });

  it('is not needed by the server or its dependencies', { timeout: 60_000 }, async () => {
    await using database = await TestDatabase.create();
    const dataDir = await tempDir('no-eval');
    try {
      await using server = await ServerProcess.ready(await freePort(), {
        DATABASE_URL: database.url,
        DATA_DIR: dataDir,
        NODE_OPTIONS: '--disallow-code-generation-from-strings',
      });
      await fill(server);
      const answers = await answersOf(server);
      expect(Object.entries(answers).filter(([, answer]) => !answer.startsWith('200 '))).toEqual([]);
      for (const path of ['/docs', '/openapi.json', '/dashboard/', '/metrics']) {
        expect([path, (await fetch(server.http + path)).status]).toEqual([path, 200]);
      }
      expect(await server.end('SIGTERM')).toBe(0);
      expect(server.log).not.toContain('EvalError');
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
