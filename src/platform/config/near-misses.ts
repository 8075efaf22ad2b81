import type { EnvFile } from './env-file.js';
import { isSet } from './read-settings.js';
import { settingDocs } from './setting-types.js';
import { Settings } from './settings.js';
import { unexpandedValues } from './unexpanded.js';

/** Something that looks like a setting, but is not read. */
export interface NearMiss {
  /** The server would accept clients that the operator wants to keep out, so it does not start. */
  refused: boolean;
  /** A sentence without values. */
  message: string;
  /** The remedy. */
  advice: string;
}

/** Why a near miss is refused: a sentence. */
export const REFUSED = 'The server does not start, because clients would have access.';

/** Without these settings, clients have access. Each with the names by which operators may mean it. */
const ACCESS = [
  {
    meant: 'API_TOKENS',
    looksLike: /^((API|ACCESS|AUTH|BEARER|HTTP)?_?(API_?)?TOKENS?|(API|ACCESS|AUTH)_?KEYS?)$/,
  },
  {
    meant: 'TELEMETRY_ALLOWED_IPS',
    looksLike:
      /^((TELEMETRY|NODES?)_?)?((ALLOW|ALLOWED|WHITE|ALLOW_?LIST|WHITE_?LIST)(ED)?_?(IPS?|IP_?LIST|ADDRESS(ES)?|NODES?|PEERS?)|IPS?_?(ALLOW|WHITE)_?LIST)$|^TELEMETRY_(ALLOW|WHITE)/,
  },
] as const;

/** Short words for access, which belong to other programs where they do not stand in our own file. */
const COMMON = /^(ACCESS_|AUTH_|BEARER_|HTTP_)?TOKENS?$|^(API|ACCESS|AUTH)_?KEYS?$/;

/** Names that Kubernetes and npm set: for a Service `telemetry`, TELEMETRY_PORT and TELEMETRY_SERVICE_HOST. */
const OF_PLATFORM =
  /^npm_|^KUBERNETES_|_SERVICE_(HOST|PORT(_\w+)?)$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/i;

/** A prefix by which operators may tell our variables from others. */
const PREFIX = /^(TETCORE_ANALYTICS|SUBSTRATE_ANALYTICS|TETCORE|ANALYTICS)_/;

/** Shorter names, such as PORT or HOST, resemble variables of other programs. */
const MIN_LENGTH = 8;

/**
 * Variables whose names resemble settings, and lines of `.env` that set nothing. Every variable of `.env` is meant for this
 * server; those of the environment may belong to other programs.
 */
export function nearMisses(environment: Record<string, unknown>, file: EnvFile): NearMiss[] {
  const settings = [...settingDocs(Settings).keys()];
  const isGiven = (name: string): boolean => isSet(environment[name]);
  const ofVariables = Object.keys(environment)
    .filter((name) => !settings.includes(name) && isSet(environment[name]))
    .flatMap((name) => {
      const inFile = file.written.has(name);
      const meant = meantBy(name, settings, inFile);
      if (meant === undefined) return [];
      const where = inFile ? 'The variable' : 'The environment variable';
      return [
        {
          refused: isAccess(meant) && !isGiven(meant),
          message: `${where} ${name}${inFile ? ' in .env' : ''} is not a setting.`,
          advice: `If you mean ${meant}, rename it; otherwise ${inFile ? 'remove' : 'unset'} it.`,
        },
      ];
    });
  const ofLines = file.strayLines.map(({ number, name }) => {
    const meant = settings.includes(name) ? name : meantBy(name, settings, true);
    return {
      refused: meant !== undefined && isAccess(meant) && !isGiven(meant),
      message: `Line ${number.toString()} of .env is not an assignment, and is ignored.`,
      advice: `Write ${meant ?? 'NAME'}=value, or begin the line with # if it is a comment.`,
    };
  });
  const ofValues = unexpandedValues(environment, file).suspicious.map((name) => ({
    refused: false,
    message: `${name} in .env has a $ in it, and variables are not replaced there.`,
    advice: `Write the value itself, in single quotes if it has a $.`,
  }));
  return [...ofVariables, ...ofLines, ...ofValues];
}

function isAccess(name: string): boolean {
  return ACCESS.some(({ meant }) => meant === name);
}

/** The setting that a name may stand for. */
function meantBy(given: string, settings: readonly string[], inFile: boolean): string | undefined {
  const upper = given.toUpperCase().replaceAll('-', '_').replaceAll('.', '_');
  const name = upper.replace(PREFIX, '');
  if (!inFile && OF_PLATFORM.test(given)) return undefined;
  const same = settings.find((setting) => setting === name);
  if (same !== undefined) return same;
  const access = ACCESS.find(({ looksLike }) => looksLike.test(name));
  if (access !== undefined && (inFile || !COMMON.test(name))) return access.meant;
  return settings.find((setting) => isAlmost(name, setting, inFile));
}

function isAlmost(given: string, setting: string, inFile: boolean): boolean {
  const isShort = setting.length < MIN_LENGTH || !setting.includes('_');
  if (!inFile && isShort) return false;
  const maxEdits = isShort || (!inFile && isAccess(setting)) ? 1 : 2;
  return (
    editsBetween(given, setting) <= maxEdits ||
    singular(given) === singular(setting) ||
    isOtherUnit(given, setting)
  );
}

function singular(name: string): string {
  return name.replace(/IES$/, 'Y').replace(/S$/, '');
}

/** Whether the last word is missing or spelled out: `LOG_EXPIRY`, `LOG_EXPIRY_HOURS`, `TELEMETRY_MAX_BYTES`. */
function isOtherUnit(given: string, setting: string): boolean {
  if (given.length < MIN_LENGTH || !given.includes('_')) return false;
  return (
    setting.startsWith(`${given}_`) ||
    (given.startsWith(setting) && !given.slice(setting.length).includes('_'))
  );
}

/** The Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, replacements, and swaps of neighbours. */
function editsBetween(left: string, right: string): number {
  let before: number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let index = 0; index < left.length; index += 1) {
    const next = [index + 1];
    for (let column = 0; column < right.length; column += 1) {
      const replaced = (row[column] ?? 0) + (left[index] === right[column] ? 0 : 1);
      const swaps = left[index] === right[column - 1] && left[index - 1] === right[column];
      const swapped = swaps ? (before[column - 1] ?? Infinity) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row.at(-1) ?? 0;
}
