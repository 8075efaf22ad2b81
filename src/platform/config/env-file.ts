import { readFileSync } from 'node:fs';
import { codeOf } from '../errors/index.js';

/** An assignment, as dotenv reads it, which `@nestjs/config` uses: `NAME=value`, `export NAME=value` or `NAME: value`. */
const ASSIGNMENT =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm;

/** The file `.env`, for messages about what an operator wrote in it. */
export interface EnvFile {
  /** Values as they are written, with their quotes. The last assignment of a name counts. */
  written: ReadonlyMap<string, string>;
  /** Lines that are neither assignments nor comments. dotenv ignores them. */
  strayLines: readonly StrayLine[];
}

export interface StrayLine {
  /** From 1. */
  number: number;
  /** The first word, such as `PORT` in `PORT 8090`; empty if the line does not begin with a name. */
  name: string;
}

export function parseEnvFile(text: string): EnvFile {
  const normal = text.replace(/\r\n?/g, '\n');
  const written = new Map<string, string>();
  // Line breaks stay, so that the numbers of later lines are right.
  const rest = normal.replace(ASSIGNMENT, (whole: string, name: string, value: string | undefined) => {
    written.set(name, (value ?? '').trim());
    return whole.replace(/[^\n]/g, '');
  });
  const strayLines = rest.split('\n').flatMap((line, index) => {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) return [];
    return [{ number: index + 1, name: /^(?:export\s+)?([A-Za-z_]\w*)/.exec(content)?.[1] ?? '' }];
  });
  return { written, strayLines };
}

/** An empty file if there is none. */
export function readEnvFile(path: string): EnvFile {
  try {
    return parseEnvFile(readFileSync(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return parseEnvFile('');
    throw error;
  }
}
