import { OperatorError } from '../errors/index.js';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { getHeapStatistics } from 'node:v8';
import { settingDocs, userOf } from './setting-types.js';
import { LOG_LEVELS, Settings } from './settings.js';

/** Invalid settings; the message has a line for each. */
export class InvalidSettingsError extends OperatorError {
  override readonly name = 'InvalidSettingsError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** Connections beside nodes: 1,000 feeds, and 1,000 requests and handshakes. */
const OTHER_CONNECTIONS = 2_000;

/** Share of the heap limit for sockets. The rest is for batches, the feed's cache and work in progress. */
const SOCKETS_SHARE = 0.4;
const MIN_SOCKETS_MIB = 64;

/**
 * Reads settings from environment variables. Empty variables count as not set, since templates leave them empty. Other
 * variables are ignored.
 *
 * @throws InvalidSettingsError with the value and the valid values of each invalid variable
 */
export function readSettings(environment: Record<string, unknown>): Settings {
  const docs = settingDocs(Settings);
  const given = Object.fromEntries(
    [...docs.keys()].map((name) => [name, environment[name]] as const).filter(([, value]) => isSet(value)),
  );
  if (given.LOG_LEVEL === undefined && isSet(environment.RUST_LOG)) {
    given.LOG_LEVEL = levelOfRustLog(String(environment.RUST_LOG));
  }
  const settings = plainToInstance(Settings, given, { exposeDefaultValues: true });
  if (given.DB_POOL_SIZE === undefined) settings.DB_POOL_SIZE = settings.NUM_THREADS;
  if (given.HTTP_MAX_CONNECTIONS === undefined) {
    settings.HTTP_MAX_CONNECTIONS = settings.TELEMETRY_MAX_CONNECTIONS + OTHER_CONNECTIONS;
  }
  if (given.SOCKETS_MAX_MIB === undefined) settings.SOCKETS_MAX_MIB = socketsMaxMib();

  const wrong = validateSync(settings, { skipUndefinedProperties: true }).map((error) => {
    const doc = docs.get(error.property);
    const value = given[error.property];
    const shown = doc?.secret ? 'a value that is not shown' : JSON.stringify(value);
    return `${error.property} is ${doc?.got?.(value) ?? shown}, but must be ${doc?.expected ?? 'another value'}.`;
  });
  if (settings.CLIENT_TIMEOUT_S < settings.HEARTBEAT_INTERVAL) {
    wrong.push(
      `CLIENT_TIMEOUT_S is ${settings.CLIENT_TIMEOUT_S.toString()}, but must be at least HEARTBEAT_INTERVAL ` +
        `(${settings.HEARTBEAT_INTERVAL.toString()}): otherwise nodes that only answer pings time out.`,
    );
  }
  const { DATABASE_URL: url, DB_READER_ROLE: reader } = settings;
  if (url !== undefined && reader !== undefined && userOf(url) === reader) {
    wrong.push(
      `DB_READER_ROLE is ${JSON.stringify(reader)}, but must be a different role than the user of DATABASE_URL.`,
    );
  }
  if (wrong.length > 0) throw new InvalidSettingsError(wrong);
  return settings;
}

function isSet(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

/** The log level in a filter of Rust's env_logger, such as `info` or `warn,tetcore_analytics=debug`. */
function levelOfRustLog(filter: string): string {
  const parts = filter.split(',').map((part) => part.split('='));
  const own = parts.find(([name, level]) => level !== undefined && (name ?? '').includes('analytics'));
  const general = parts.find(([, level]) => level === undefined);
  const level = (own?.[1] ?? general?.[0] ?? 'info').trim().toLowerCase();
  if (level === 'off') return 'error';
  // The variable may be intended for another program.
  return (LOG_LEVELS as readonly string[]).includes(level) ? level : 'info';
}

function socketsMaxMib(): number {
  const heapMib = getHeapStatistics().heap_size_limit / 1024 ** 2;
  return Math.max(MIN_SOCKETS_MIB, Math.floor(SOCKETS_SHARE * heapMib));
}

/** A variable that is not a setting, and the setting with a similar name. */
export interface MisspelledSetting {
  given: string;
  meant: string;
}

/** Maximum edit distance. */
const MAX_EDITS = 2;
/** Shorter names, such as PORT or HOST, resemble variables of other programs. */
const MIN_LENGTH = 8;

/** Variables whose names resemble settings. They may belong to other programs. */
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
    (name.length >= MIN_LENGTH && name.includes('_') && editsBetween(given, name) <= MAX_EDITS)
  );
}

/** The Levenshtein distance. */
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
