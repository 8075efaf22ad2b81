import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { ROOT } from '../support/markdown.js';

export interface Source {
  /** Relative to the project's folder. */
  path: string;
  text: string;
}

const CODE = /\.(?:ts|tsx|mts|mjs|js)$/;

/** The code in these folders and files. */
export function sourcesIn(...paths: string[]): Source[] {
  return paths
    .flatMap((path) => filesIn(join(ROOT, path)))
    .map((file) => ({
      path: relative(ROOT, file),
      text: readFileSync(file, 'utf8'),
    }));
}

/** The files in the project's own folder: configurations. */
export function configurations(): Source[] {
  return sourcesIn(...readdirSync(ROOT).filter((name) => CODE.test(name)));
}

const IMPORT =
  /(?:\bfrom\s+|\bimport\s*\(?\s*|\brequire\(\s*|\b(?:require|meta|createRequire\([\w.]+\))\.resolve\(\s*)['"]([^'"]+)['"]/g;
const TYPES_ONLY = /^\s*(?:import|export) type [^;]*?from\s+['"][^'"]+['"]/gm;

/** The packages that code imports, by name. */
export function importedBy(sources: readonly Source[], { types }: { types: boolean }): Set<string> {
  const names = new Set<string>();
  for (const { text } of sources) {
    for (const [, specifier = ''] of (types ? text : text.replace(TYPES_ONLY, '')).matchAll(IMPORT)) {
      const name = /^(?:@[\w.-]+\/)?[\w.-]+/.exec(specifier)?.[0];
      if (name !== undefined && !specifier.startsWith('.') && !isBuiltin(specifier)) names.add(name);
    }
  }
  return names;
}

function filesIn(path: string): string[] {
  if (CODE.test(path)) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) return filesIn(inside);
    return CODE.test(entry.name) ? [inside] : [];
  });
}
