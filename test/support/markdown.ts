import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

const IGNORED_FOLDERS = new Set(['node_modules', 'dist', 'data', 'coverage']);

export interface Link {
  /** The file with the link, relative to the project's folder. */
  file: string;
  target: string;
}

/** Every Markdown file of the project, relative to its folder. */
export function markdownFiles(): string[] {
  return projectFiles('.').filter((file) => file.endsWith('.md'));
}

/** Every source file in a folder of the project, relative to the project. Hidden folders are skipped. */
export function projectFiles(folder: string): string[] {
  const path = resolve(ROOT, folder);
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const found = relative(ROOT, join(path, entry.name));
    if (!entry.isDirectory()) return [found];
    return IGNORED_FOLDERS.has(entry.name) || entry.name.startsWith('.') ? [] : projectFiles(found);
  });
}

export function readProjectFile(path: string): string {
  return readFileSync(resolve(ROOT, path), 'utf8');
}

/** Inline links with or without a title, reference definitions, and HTML. Includes images. */
const LINKS = [
  /\]\(\s*<?([^()\s>]+)>?(?:\s+["'][^\n]*?["'])?\s*\)/g,
  /^ {0,3}\[[^\]\n]+\]:\s*<?([^\s>]+)>?/gm,
  /<(?:a|img|source)\s[^>]*?(?:href|src|srcset)=["']([^"']+)["']/g,
];

/** The links of a file that stay within the project. */
export function linksOf(file: string): Link[] {
  const text = withoutCode(readProjectFile(file));
  const targets = LINKS.flatMap((pattern) => [...text.matchAll(pattern)].map(([, target = '']) => target));
  return targets.filter((target) => !/^[a-z]+:/.test(target)).map((target) => ({ file, target }));
}

/** References to pages and images of the project in a file other than Markdown, with anchors. */
export function mentionsIn(file: string): Link[] {
  const pages = /\b(?:docs\/[\w/-]+(?:\.[\w-]+)*\.(?:md|json|png)|[A-Z]{6,}\.md)(?:#[\w-]+)?/g;
  return [...readProjectFile(file).matchAll(pages)].map(([target]) => ({ file, target }));
}

/** Whether the file of a link exists, and its heading if the link has an anchor. */
export function targetExists({ file, target }: Link): boolean {
  const [path = '', anchor] = target.split('#');
  const found = path === '' ? file : join(dirname(file), path);
  if (!existsSync(resolve(ROOT, found))) return false;
  return anchor === undefined || anchorsOf(readProjectFile(found)).has(anchor);
}

/** The anchors of headings, as on GitHub. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(text).matchAll(/^#{1,6} +(.+)$/gm)) {
    const plain = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase();
    const anchor = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count += 1) unique = `${anchor}-${count.toString()}`;
    anchors.add(unique);
  }
  return anchors;
}

/** The cells of the rows of the table after a heading. */
export function tableUnder(text: string, heading: string): string[][] {
  const start = text.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`There is no heading "${heading}".`);
  const lines = text.slice(start + heading.length + 2).split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const last = lines.findIndex((line, index) => index > first && !line.startsWith('|'));
  return lines.slice(first + 2, last < 0 ? undefined : last).map((line) =>
    line
      .slice(1, line.lastIndexOf('|'))
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

/** Inline code. Fenced blocks are ignored. */
export function codesIn(text: string): string[] {
  return [...withoutFences(text).matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

function withoutFences(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```/gm, '');
}

function withoutCode(text: string): string {
  return withoutFences(text).replace(/`[^`\n]*`/g, '');
}
