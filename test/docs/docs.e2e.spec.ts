import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  configurationPage,
  describeSettings,
  environmentExample,
  sourceOutsideConfig,
} from '../../scripts/write-configuration-docs.mjs';
import { readSettings, settingDocs, Settings } from '../../src/platform/config/index.js';
import { SimulatedNetwork } from '../../src/simulator/index.js';
import {
  codesIn,
  targetExists,
  type Link,
  linksOf,
  markdownFiles,
  mentionsIn,
  projectFiles,
  readProjectFile,
  ROOT,
  tableUnder,
} from '../support/markdown.js';

const DEPLOYMENT_FILES = ['deployment.template.yml', 'compose.yml', 'Dockerfile', '.env.example'];
const RUN_DOCS = 'The settings have changed. Run npm run docs, and commit the result.';

describe('the documentation', () => {
  it('getting-started.md queries a peer id of the 20 simulated nodes', () => {
    const queried = new Set(
      [...readProjectFile('docs/getting-started.md').matchAll(/12D3Koo\w{45}/g)].map(([id]) => id),
    );
    const { nodes } = new SimulatedNetwork({ nodes: 20, seed: 1, startAt: Date.now() });
    const known = new Set(nodes.map((node) => node.profile.peerId));
    expect(queried.size).toBe(1);
    expect([...queried].filter((id) => !known.has(id))).toEqual([]);
  });

  const source = sourceOutsideConfig(join(ROOT, 'src'));
  const settings = describeSettings(settingDocs(Settings), readSettings({}), source);

  it('docs/configuration.md matches the settings', async () => {
    const page = readProjectFile('docs/configuration.md');
    expect(page, RUN_DOCS).toBe(await configurationPage(page, settings));
  });

  it('.env.example has an example of every setting', () => {
    const example = readProjectFile('.env.example');
    const named = new Set([...example.matchAll(/^# ([A-Z][A-Z_]+)=/gm)].map(([, name]) => name));
    const missing = settings.filter(({ name }) => !named.has(name)).map(({ name }) => name);
    expect(missing, `.env.example lacks these. ${RUN_DOCS}`).toEqual([]);
    expect(example, RUN_DOCS).toBe(environmentExample(settings));
  });

  it('examples in .env.example are the defaults', () => {
    const lines = readProjectFile('.env.example').matchAll(/^# ([A-Z][A-Z_]+)=(.*)$/gm);
    const given = Object.fromEntries([...lines].map(([, name = '', value]) => [name, value]));
    expect(readSettings(given)).toEqual(readSettings({}));
  });

  it('README names the default JOURNAL_MODE', () => {
    const { JOURNAL_MODE } = readSettings({});
    expect(readProjectFile('README.md')).toContain(`With \`JOURNAL_MODE=${JOURNAL_MODE}\`, the default:`);
  });

  it('npm scripts in the documentation exist', () => {
    const { scripts } = JSON.parse(readProjectFile('package.json')) as { scripts: Record<string, string> };
    const unknown = markdownFiles().flatMap((file) =>
      [...readProjectFile(file).matchAll(/\bnpm (?:run (?:--?\S+ )*([\w:-]+)|(start|test)\b)/g)]
        .map(([, run, short]) => run ?? short ?? '')
        .filter((name) => !(name in scripts))
        .map((name) => `${file}: npm run ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('links lead to existing files and headings', () => {
    const links = markdownFiles().flatMap(linksOf);
    expect(links.length).toBeGreaterThan(200);
    expect(brokenOf(links)).toEqual([]);
  });

  it('code and deployment files refer to existing pages', () => {
    const mentions = ['src', 'dashboard', 'examples', 'monitoring', 'proxy', 'scripts', '.ci']
      .flatMap(projectFiles)
      .concat(DEPLOYMENT_FILES)
      .filter((file) => !/\.(md|png|spec\.tsx?)$/.test(file))
      .flatMap(mentionsIn)
      // These paths are relative to the project's folder.
      .map(({ file, target }) => ({ file, target: relative(join(file, '..'), target) }));
    expect(mentions.length).toBeGreaterThan(30);
    expect(brokenOf(mentions)).toEqual([]);
  });

  it('every page and image is linked', () => {
    const targets = new Set(
      markdownFiles()
        .flatMap(linksOf)
        .map(({ file, target }) => join(file, '..', target.split('#')[0] ?? '')),
    );
    const pages = projectFiles('docs').filter((file) => /\.(md|png)$/.test(file));
    expect(pages.length).toBeGreaterThan(10);
    expect(pages.filter((page) => !targets.has(page))).toEqual([]);
  });

  it('file names in the documentation exist', () => {
    const named = /^(?:src|test|docs|scripts|bench)\/[\w./-]+$/;
    const missing = markdownFiles().flatMap((file) =>
      codesIn(readProjectFile(file))
        .filter((code) => named.test(code) && !isProjectFile(file, code))
        .map((code) => `${file}: ${code}`),
    );
    expect(missing).toEqual([]);
  });

  it('operations.md quotes log lines of the source', () => {
    const written = joinedTexts(source);
    const quotes = tableUnder(readProjectFile('docs/operations.md'), '## What the log says').flatMap(
      ([line = '']) => codesIn(line),
    );
    expect(quotes.length).toBeGreaterThan(15);
    expect(quotes.filter((quote) => !written.includes(quote))).toEqual([]);
  });
});

/** Whether a path exists in the project's folder, or in that of the file that names it. */
function isProjectFile(file: string, path: string): boolean {
  return [ROOT, resolve(ROOT, dirname(file))].some((folder) => existsSync(resolve(folder, path)));
}

function brokenOf(links: readonly Link[]): string[] {
  return links.filter((link) => !targetExists(link)).map(({ file, target }) => `${file}: ${target}`);
}

/** Code with concatenated string literals joined, and `…` for each interpolated value. */
function joinedTexts(code: string): string {
  return code.replace(/['"`]\s*\+\s*['"`]/g, '').replace(/\$\{[^{}]*\}/g, '…');
}
