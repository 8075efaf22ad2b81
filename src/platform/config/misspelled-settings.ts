import { settingDocs } from './setting-docs.js';
import { Settings } from './settings.js';

/** A variable that is none of ours, and the setting that it looks like. */
export interface MisspelledSetting {
  given: string;
  meant: string;
}

/** Letters that may be wrong, missing or too many. */
const MOST_EDITS = 2;
/** Shorter names, such as PORT or HOST, look like those of too many other programs. */
const SHORTEST = 8;

/** The variables whose names are almost those of settings. Whoever else reads the environment may have named them so. */
export function misspelledSettings(environment: Record<string, unknown>): MisspelledSetting[] {
  const names = [...settingDocs(Settings).keys()];
  const ours = new Set(names);
  return Object.keys(environment)
    .filter((given) => !ours.has(given))
    .flatMap((given) => {
      const meant = names.find((name) => isAlmost(given.toUpperCase(), name));
      return meant === undefined ? [] : [{ given, meant }];
    });
}

function isAlmost(given: string, name: string): boolean {
  return (
    given === name ||
    (name.length >= SHORTEST && name.includes('_') && editsBetween(given, name) <= MOST_EDITS)
  );
}

/** Letters to put in, take out or exchange until one text is the other (Levenshtein's distance). */
function editsBetween(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(left).entries()) {
    const next = [index + 1];
    for (const [column, other] of Array.from(right).entries()) {
      const exchanged = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(exchanged, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
