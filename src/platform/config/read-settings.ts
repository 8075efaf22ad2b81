import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { getHeapStatistics } from 'node:v8';
import { userOf } from './database-role.js';
import { InvalidSettingsError } from './invalid-settings.error.js';
import { settingDocs } from './setting-docs.js';
import { LOG_LEVELS, Settings } from './settings.js';

/** Beside nodes: 1,000 feeds, and as many requests and handshakes. */
const OTHER_CONNECTIONS = 2_000;

/** Of the heap limit, for sockets. The rest is for batches, the feed's cache and what is under way. */
const SOCKETS_SHARE = 0.4;
const MIN_SOCKETS_MIB = 64;

/**
 * Settings from the environment's variables. A variable that is empty counts as not set, since templates
 * leave them so; variables of other programs are passed over.
 *
 * @throws InvalidSettingsError naming every variable that does not hold, what it got and what it takes
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
    return `${error.property} is ${doc?.got?.(value) ?? shown}, but must be ${doc?.takes ?? 'another value'}.`;
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

/** The level in a filter of Rust's env_logger, such as `info` or `warn,tetcore_analytics=debug`. */
function levelOfRustLog(filter: string): string {
  const parts = filter.split(',').map((part) => part.split('='));
  const own = parts.find(([name, level]) => level !== undefined && (name ?? '').includes('analytics'));
  const general = parts.find(([, level]) => level === undefined);
  const level = (own?.[1] ?? general?.[0] ?? 'info').trim().toLowerCase();
  if (level === 'off') return 'error';
  // It may be meant for another program.
  return (LOG_LEVELS as readonly string[]).includes(level) ? level : 'info';
}

function socketsMaxMib(): number {
  const heapMib = getHeapStatistics().heap_size_limit / 1024 ** 2;
  return Math.max(MIN_SOCKETS_MIB, Math.floor(SOCKETS_SHARE * heapMib));
}
