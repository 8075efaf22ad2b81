import { OperatorError } from '../errors/index.js';
import { userOf } from '../postgres-url/index.js';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { getHeapStatistics } from 'node:v8';
import { parseEnvFile } from './env-file.js';
import { settingDocs } from './setting-types.js';
import { LOG_LEVELS, Settings } from './settings.js';
import { unexpandedValues } from './unexpanded.js';

/** Invalid settings; the message has a line for each. */
export class InvalidSettingsError extends OperatorError {
  override readonly name = 'InvalidSettingsError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

const NO_FILE = parseEnvFile('');

/** For a Service `metrics`, Kubernetes sets METRICS_PORT to such a value. */
const OF_KUBERNETES = /^(tcp|udp|sctp):\/\//;
const SERVICE_LINKS =
  'Kubernetes sets this variable for a Service of that name: set enableServiceLinks: false for the pod, or the variable itself.';

/** Connections beside nodes: 1,000 feeds, and 1,000 requests and handshakes. */
const OTHER_CONNECTIONS = 2_000;

/** Share of the heap limit for sockets. The rest is for batches, the feed's cache and work in progress. */
const SOCKETS_SHARE = 0.4;
const MIN_SOCKETS_MIB = 64;

/**
 * Reads settings from environment variables. Empty variables count as not set, since templates leave them empty. Other
 * variables are ignored.
 *
 * @param file from which a part of the variables comes, for better messages
 * @throws InvalidSettingsError with the value and the valid values of each invalid variable
 */
export function readSettings(environment: Record<string, unknown>, file = NO_FILE): Settings {
  const docs = settingDocs(Settings);
  const given = Object.fromEntries(
    [...docs.keys()].map((name) => [name, environment[name]] as const).filter(([, value]) => isSet(value)),
  );
  const { refused: unexpanded } = unexpandedValues(environment, file);
  if (given.LOG_LEVEL === undefined && isSet(environment.RUST_LOG)) {
    given.LOG_LEVEL = levelOfRustLog(String(environment.RUST_LOG));
  }
  const settings = plainToInstance(Settings, given, { exposeDefaultValues: true });
  if (given.DB_POOL_SIZE === undefined) settings.DB_POOL_SIZE = settings.NUM_THREADS;
  if (given.HTTP_MAX_CONNECTIONS === undefined) {
    settings.HTTP_MAX_CONNECTIONS = settings.TELEMETRY_MAX_CONNECTIONS + OTHER_CONNECTIONS;
  }
  if (given.SOCKETS_MAX_MIB === undefined) settings.SOCKETS_MAX_MIB = socketsMaxMib();

  const invalid = validateSync(settings, { skipUndefinedProperties: true });
  const wrong = invalid.flatMap((error) => {
    if (unexpanded.includes(error.property)) return [];
    const doc = docs.get(error.property);
    const value = given[error.property];
    const special = doc?.problem?.(value);
    if (special !== undefined) return `${error.property} ${special}`;
    const shown = doc?.secret ? 'a value that is not shown' : JSON.stringify(value);
    const text = `${error.property} is ${doc?.got?.(value) ?? shown}, but must be ${doc?.expected ?? 'another value'}.`;
    return OF_KUBERNETES.test(String(value)) ? `${text} ${SERVICE_LINKS}` : text;
  });
  wrong.push(
    ...unexpanded.map(
      (name) =>
        `${name} has a command or a variable of a shell in it, and nothing replaces these in .env. Run the command ` +
        `yourself and paste what it prints, or use single quotes if that is the value.`,
    ),
  );
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

/** Empty variables count as not set. */
export function isSet(value: unknown): boolean {
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
