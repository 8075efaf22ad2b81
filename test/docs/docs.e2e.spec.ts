import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  configurationPage,
  describeSettings,
  environmentExample,
  sourceOutsideConfig,
} from '../../scripts/write-configuration-docs.mjs';
import { readSettings, settingDocs, Settings } from '../../src/platform/config/index.js';
import { Network } from '../../src/simulator/index.js';
import {
  codesIn,
  leadsSomewhere,
  type Link,
  linksOf,
  markdownFiles,
  mentionsIn,
  projectFiles,
  readProjectFile,
  ROOT,
  tableUnder,
} from '../support/markdown.js';

const FILES_THAT_NAME_PAGES = ['deployment.template.yml', 'compose.yml', 'Dockerfile', '.env.example'];
const RUN_DOCS = 'The settings have changed. Run npm run docs, and commit what it writes.';

describe('the documentation', () => {
  it("asks in the README for a node that the simulator's twenty have", () => {
    const asked = new Set([...readProjectFile('README.md').matchAll(/12D3Koo\w{45}/g)].map(([id]) => id));
    const { nodes } = new Network({ nodes: 20, seed: 1, startAt: Date.now() });
    const known = new Set(nodes.map((node) => node.profile.peerId));
    expect(asked.size).toBe(1);
    expect([...asked].filter((id) => !known.has(id))).toEqual([]);
  });

  const source = sourceOutsideConfig(join(ROOT, 'src'));
  const settings = describeSettings(settingDocs(Settings), readSettings({}), source);

  it('lists every setting with its default, what it takes and what it is for', async () => {
    const page = readProjectFile('docs/configuration.md');
    expect(page, RUN_DOCS).toBe(await configurationPage(page, settings));
  });

  it('gives an example of every variable in .env.example', () => {
    const example = readProjectFile('.env.example');
    const named = new Set([...example.matchAll(/^# ([A-Z][A-Z_]+)=/gm)].map(([, name]) => name));
    const missing = settings.filter(({ name }) => !named.has(name)).map(({ name }) => name);
    expect(missing, `.env.example lacks these. ${RUN_DOCS}`).toEqual([]);
    expect(example, RUN_DOCS).toBe(environmentExample(settings));
  });

  it('gives examples in .env.example that the server takes as they are', () => {
    const lines = readProjectFile('.env.example').matchAll(/^# ([A-Z][A-Z_]+)=(.*)$/gm);
    const given = Object.fromEntries([...lines].map(([, name = '', value]) => [name, value]));
    expect(readSettings(given)).toEqual(readSettings({}));
  });

  it('promises what the default configuration keeps', () => {
    const { JOURNAL_MODE } = readSettings({});
    expect(readProjectFile('README.md')).toContain(
      `With \`JOURNAL_MODE=${JOURNAL_MODE}\`, the default, nothing`,
    );
  });

  it('names only commands that package.json has', () => {
    const { scripts } = JSON.parse(readProjectFile('package.json')) as { scripts: Record<string, string> };
    const unknown = markdownFiles().flatMap((file) =>
      [...readProjectFile(file).matchAll(/\bnpm (?:run (?:--?\S+ )*([\w:-]+)|(start|test)\b)/g)]
        .map(([, run, short]) => run ?? short ?? '')
        .filter((name) => !(name in scripts))
        .map((name) => `${file}: npm run ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('links to files and headings that exist', () => {
    const links = markdownFiles().flatMap(linksOf);
    expect(links.length).toBeGreaterThan(200);
    expect(brokenOf(links)).toEqual([]);
  });

  it('is named by code and files of deployment where it exists', () => {
    const mentions = ['src', 'dashboard', 'examples', 'monitoring', 'proxy', 'scripts', '.ci']
      .flatMap(projectFiles)
      .concat(FILES_THAT_NAME_PAGES)
      .filter((file) => !/\.(md|png|spec\.tsx?)$/.test(file))
      .flatMap(mentionsIn)
      // They name it from the project's folder, wherever they are.
      .map(({ file, target }) => ({ file, target: relative(join(file, '..'), target) }));
    expect(mentions.length).toBeGreaterThan(30);
    expect(brokenOf(mentions)).toEqual([]);
  });

  it('has no page and no picture to which nothing leads', () => {
    const targets = new Set(
      markdownFiles()
        .flatMap(linksOf)
        .map(({ file, target }) => join(file, '..', target.split('#')[0] ?? '')),
    );
    const pages = projectFiles('docs').filter((file) => /\.(md|png)$/.test(file));
    expect(pages.length).toBeGreaterThan(10);
    expect(pages.filter((page) => !targets.has(page))).toEqual([]);
  });

  it('names files of the project that exist', () => {
    const named = /^(?:src|test|docs|scripts|bench)\/[\w./-]+$/;
    const missing = markdownFiles().flatMap((file) =>
      codesIn(readProjectFile(file))
        .filter((code) => named.test(code) && !existsSync(resolve(ROOT, code)))
        .map((code) => `${file}: ${code}`),
    );
    expect(missing).toEqual([]);
  });

  it('quotes lines of the log as the server writes them', () => {
    const written = joinedTexts(source);
    const quotes = tableUnder(readProjectFile('docs/operations.md'), '## What the log says').flatMap(
      ([line = '']) => codesIn(line),
    );
    expect(quotes.length).toBeGreaterThan(15);
    expect(quotes.filter((quote) => !written.includes(quote))).toEqual([]);
  });
});

function brokenOf(links: readonly Link[]): string[] {
  return links.filter((link) => !leadsSomewhere(link)).map(({ file, target }) => `${file}: ${target}`);
}

/** Code with the parts of its long texts joined, and `…` for each value that is put into a text. */
function joinedTexts(code: string): string {
  return code.replace(/['"`]\s*\+\s*['"`]/g, '').replace(/\$\{[^{}]*\}/g, '…');
}
