import type { EnvFile } from './env-file.js';
import { settingDocs } from './setting-types.js';
import { Settings } from './settings.js';

/** A command, or a variable in braces: never meant as it is written. */
const COMMAND = /\$\([^)]+\)/;
const IN_FILE = /\$\([^)]+\)|`[^`]+`|\$\{\w+\}/;
/** May be part of a password. */
const VARIABLE = /\$[A-Z_][A-Z0-9_]+/;

export interface Unexpanded {
  /** Names of settings with a command or a variable that was not replaced. */
  refused: string[];
  /** Names of settings with a text that may be a variable. */
  suspicious: string[];
}

/** Values that only a shell would replace, such as `$(openssl rand -hex 24)`. In single quotes they are meant literally. */
export function unexpandedValues(environment: Record<string, unknown>, file: EnvFile): Unexpanded {
  const found: Unexpanded = { refused: [], suspicious: [] };
  for (const name of settingDocs(Settings).keys()) {
    const value = environment[name];
    if (typeof value !== 'string') continue;
    const written = file.written.get(name);
    // The environment takes precedence over the file.
    if (written === undefined || withoutQuotes(written) !== value.trim()) {
      if (COMMAND.test(value)) found.refused.push(name);
      continue;
    }
    if (written.startsWith("'")) continue;
    if (IN_FILE.test(written)) found.refused.push(name);
    else if (VARIABLE.test(written)) found.suspicious.push(name);
  }
  return found;
}

function withoutQuotes(written: string): string {
  return /^(["'`])(.*)\1$/s.exec(written)?.[2]?.trim() ?? written;
}
