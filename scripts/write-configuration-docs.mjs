// Writes docs/configuration.md's table and .env.example from the settings, which must have been built.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';

const ROOT = resolve(import.meta.dirname, '..');
const BEGIN = '<!-- begin: written by npm run docs -->';
const END = '<!-- end -->';
const NOT_USED = 'Read and checked, but **not used yet**.';

/**
 * What is known of every setting, in the order of its declaration.
 *
 * @param {Map<string, import('../dist/platform/config/index.js').SettingDoc>} docs of settingDocs()
 * @param {Record<string, unknown>} defaults a Settings of an empty environment
 * @param {string} source the code outside of the configuration, in which used settings are named
 * @returns {{ name: string, value: string, text: string, takes: string, about: string }[]}
 */
export function describeSettings(docs, defaults, source) {
  return [...docs].map(([name, { takes, about, defaultText }]) => {
    const isUsed = new RegExp(`\\b${name}\\b`).test(source);
    const value = defaultText === undefined ? String(defaults[name] ?? '') : '';
    return {
      name,
      // Empty where the default is not one value: an empty variable counts as not set.
      value,
      text: defaultText ?? (value === '' ? 'not set' : value),
      takes,
      about: isUsed ? about : `${about} ${NOT_USED}`,
    };
  });
}

/** The page with the table of the settings between its two marks, formatted. */
export async function configurationPage(page, settings) {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`The page lacks the lines ${BEGIN} and ${END}.`);
  const rows = settings.map(
    ({ name, text, takes, about }) => `| \`${name}\` | ${code(text)} | ${takes} | ${about} |`,
  );
  const table = ['| variable | default | takes | about |', '| --- | --- | --- | --- |', ...rows].join('\n');
  const written = `${page.slice(0, begin)}${BEGIN}\n\n${table}\n\n${page.slice(end)}`;
  return await format(written, { ...(await resolveConfig(ROOT)), parser: 'markdown' });
}

/** `.env.example`: every variable, commented out, with its default. */
export function environmentExample(settings) {
  const head = [
    '# Every variable of the server with its default; docs/configuration.md says more.',
    '# Copy this file to .env in the directory that the server is started from, and take the # off what you change.',
    '# What is set in the environment goes before what is set there.',
  ];
  const entries = settings.map(({ name, value, text, about }) => {
    const plain = about.replace(/[`*]/g, '');
    const fallback = value === '' && text !== 'not set' ? ` Default: ${text}.` : '';
    return `# ${plain}${fallback}\n# ${name}=${value}`;
  });
  return [head.join('\n'), ...entries].join('\n\n') + '\n';
}

/** The code of all TypeScript files below a folder, without the configuration, tests and comments. */
export function sourceOutsideConfig(folder) {
  const parts = [];
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (name.startsWith(join('platform', 'config')) || !name.endsWith('.ts') || name.includes('.spec.')) continue;
    parts.push(withoutComments(readFileSync(join(folder, name), 'utf8')));
  }
  return parts.join('\n');
}

function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

function code(text) {
  return text === 'not set' ? text : `\`${text}\``;
}

async function write() {
  const { readSettings, settingDocs, Settings } = await import(
    pathToFileURL(join(ROOT, 'dist/platform/config/index.js')).href
  );
  const source = sourceOutsideConfig(join(ROOT, 'src'));
  const settings = describeSettings(settingDocs(Settings), readSettings({}), source);
  const page = join(ROOT, 'docs/configuration.md');
  writeFileSync(page, await configurationPage(readFileSync(page, 'utf8'), settings));
  writeFileSync(join(ROOT, '.env.example'), environmentExample(settings));
}

if (process.argv[1] === import.meta.filename) await write();
