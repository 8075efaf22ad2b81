import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, Min, ValidateBy } from 'class-validator';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import 'reflect-metadata';
import { Addresses } from './addresses.js';
import { type ApiToken, ApiTokens } from './api-tokens.js';
import { RoleName, RolePassword } from './database-role.js';
import { HostNames } from './host-names.js';
import { Origins } from './origins.js';
import { documented } from './setting-docs.js';

export const JOURNAL_MODES = ['always', 'overflow', 'off'] as const;
export type JournalMode = (typeof JOURNAL_MODES)[number];

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

const PACKAGE_ROOT = resolve(import.meta.dirname, '../../..');
const DEFAULT_THREADS = availableParallelism() * 3;

const toInteger = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\s*[+-]?\d+(_\d+)*\s*$/.test(value)
      ? Number(value.replaceAll('_', ''))
      : value,
  );

const toBoolean = () =>
  Transform(({ value }: { value: unknown }) => {
    if (typeof value !== 'string') return value;
    const text = value.trim().toLowerCase();
    if (['true', '1', 'yes', 'on'].includes(text)) return true;
    if (['false', '0', 'no', 'off'].includes(text)) return false;
    return value;
  });

/** A whole number between two bounds, both included; `1_024` is read as 1024. */
function Integer(min: number, max: number): PropertyDecorator {
  return (target, property) => {
    for (const decorate of [toInteger(), IsInt(), Min(min), Max(max)]) decorate(target, property);
    documented(`a whole number from ${min.toString()} to ${max.toString()}`)(target, property);
  };
}

function Choice(values: readonly string[]): PropertyDecorator {
  return (target, property) => {
    const lowerCase = Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? value.trim().toLowerCase() : value,
    );
    for (const decorate of [lowerCase, IsIn(values)]) decorate(target, property);
    documented(`one of ${values.join(', ')}`)(target, property);
  };
}

function Switch(): PropertyDecorator {
  return (target, property) => {
    for (const decorate of [toBoolean(), IsIn([true, false])]) decorate(target, property);
    documented('true or false')(target, property);
  };
}

/** Any host goes: also one with an underscore, as Compose names them, or none where a socket is in the query. */
function PostgresUrl(): PropertyDecorator {
  const validate = (value: unknown): boolean =>
    typeof value === 'string' && /^postgres(ql)?:\/\//.test(value) && URL.canParse(value);
  return ValidateBy({ name: 'postgresUrl', validator: { validate } });
}

function Text(takes: string): PropertyDecorator {
  return (target, property) => {
    IsString()(target, property);
    documented(takes)(target, property);
  };
}

/**
 * Everything that can be set from outside, with its default. Property names are the names of the
 * environment's variables. Read and validated once, at boot; whoever needs a setting injects this class.
 */
export class Settings {
  @IsOptional()
  @PostgresUrl()
  @documented('a URL that begins with postgres:// or postgresql://', {
    secret: true,
    about: 'PostgreSQL 15 or later. Not set: the server runs a PostgreSQL of its own under `DATA_DIR`.',
  })
  DATABASE_URL?: string;

  @Text('a path')
  @documented.about('Where the journal and the PostgreSQL of its own keep their files.')
  DATA_DIR = './data';

  @Text('a host name or address')
  @documented.about('The address that the server listens on.')
  HOST = '0.0.0.0';

  @Integer(0, 65535)
  @documented.about('The port of everything: telemetry, API, metrics. 0 takes a free one.')
  PORT = 8080;

  @IsOptional()
  @Integer(0, 65535)
  @documented.about(
    'A port for metrics and health alone. With it, `PORT` has no metrics; health is on both. 0 takes a free one.',
  )
  METRICS_PORT?: number;

  @ApiTokens(
    'Who may use the HTTP API and the live feed: `read` to ask, `write` to change things as well. Not set: whoever reaches the port.',
  )
  API_TOKENS: readonly ApiToken[] = [];

  @Origins(
    'Pages of other hosts that may use the HTTP API and the live feed from a browser. Not set: those of this server alone.',
  )
  CORS_ORIGINS: readonly string[] = [];

  @HostNames(
    'Names by which the server may be asked while `API_TOKENS` is not set, besides its addresses, `localhost`, the name of its machine, and names without a dot.',
  )
  ALLOWED_HOSTS: readonly string[] = [];

  @Integer(1, 3600)
  @documented.about('Seconds between the pings that a node is sent.')
  HEARTBEAT_INTERVAL = 5;

  @Integer(1, 86400)
  @documented.about('Seconds without any frame after which a node is cut off.')
  CLIENT_TIMEOUT_S = 10;

  @Integer(1, 86400)
  @documented.about('Seconds between two purges.')
  PURGE_INTERVAL_S = 600;

  @Integer(1, 8_760_000)
  @documented.about('Hours that messages sent to `/` are kept.')
  LOG_EXPIRY_H = 280_320;

  @Integer(1, 65535)
  @documented.about('The listen backlog: connections that the kernel holds until they are accepted.')
  MAX_PENDING_CONNECTIONS = 8192;

  @IsOptional()
  @Integer(1, 10_000_000)
  @documented.about(
    'TCP connections of `PORT` in all: nodes, feeds, requests. For more, the one that is idle for longest is closed.',
    'TELEMETRY_MAX_CONNECTIONS + 2000',
  )
  HTTP_MAX_CONNECTIONS!: number;

  @Addresses(
    'Proxies whose `Forwarded` or `X-Forwarded-For` says from where a node comes. Not set: the headers of nobody are believed.',
  )
  TRUSTED_PROXIES: readonly string[] = [];

  @Addresses('From where nodes may come; others are refused with 403. Not set: from anywhere.')
  TELEMETRY_ALLOWED_IPS: readonly string[] = [];

  @Integer(1, 1_000_000)
  @documented.about('Sockets of nodes in all; more are refused with 503.')
  TELEMETRY_MAX_CONNECTIONS = 20_000;

  @Integer(0, 1_000_000)
  @documented.about(
    'Sockets of nodes from one address; more are refused with 429. An IPv6 address counts by its /64. 0: no bound.',
  )
  TELEMETRY_MAX_CONNECTIONS_PER_IP = 0;

  @Integer(0, 1_000_000)
  @documented.about('New sockets of nodes a second; more are refused with 503. 0: no bound.')
  TELEMETRY_MAX_CONNECTIONS_PER_S = 5_000;

  @Integer(0, 1_000_000_000)
  @documented.about(
    'Bytes a second from one socket of a node, on average over `TELEMETRY_BYTES_WINDOW_S`. Beyond it the socket is closed with code 1008, and its address refused for `TELEMETRY_BLOCK_S`. 0: no bound.',
  )
  TELEMETRY_MAX_BYTES_PER_S = 0;

  @Integer(1, 60)
  @documented.about('Seconds over which `TELEMETRY_MAX_BYTES_PER_S` is averaged.')
  TELEMETRY_BYTES_WINDOW_S = 10;

  @Integer(1, 86_400)
  @documented.about(
    'Seconds for which an address is refused with 429 after it went beyond `TELEMETRY_MAX_BYTES_PER_S`.',
  )
  TELEMETRY_BLOCK_S = 600;

  @Integer(0, 86_400)
  @documented.about(
    'Seconds after which a socket is closed with code 1008 on which no node has sent a message yet. 0: never.',
  )
  TELEMETRY_SILENT_TIMEOUT_S = 60;

  @Integer(1024, 67_108_864)
  @documented.about('The largest message, in bytes. A larger one closes its socket with code 1009.')
  WS_MAX_PAYLOAD = 524_288;

  @Integer(1, 256)
  @documented.about('Batches written to the database at the same time.', 'CPUs * 3')
  NUM_THREADS = DEFAULT_THREADS;

  @IsOptional()
  @Integer(1, 1024)
  @documented.about('Database connections that the writers share.', 'NUM_THREADS')
  DB_POOL_SIZE!: number;

  @Integer(1, 65536)
  @documented.about('Messages in a batch, at most.')
  DB_BATCH_SIZE = 1024;

  @Integer(1, 60_000)
  @documented.about('Milliseconds that a message waits for its batch to fill, at most.')
  DB_SAVE_LATENCY_MS = 100;

  @Switch()
  @documented.about('Whether the server brings the database schema up to date when it starts.')
  MIGRATE_ON_START = true;

  @IsOptional()
  @RoleName(
    'A role of the database that only reads, for dashboards. Whenever migrations are run it is made where it is missing, and may read every table. Not set: there is none.',
  )
  DB_READER_ROLE?: string;

  @IsOptional()
  @RolePassword('The password of `DB_READER_ROLE`. Not set: it keeps the one that it has.')
  DB_READER_PASSWORD?: string;

  @Choice(JOURNAL_MODES)
  @documented.about(
    'What goes to the journal on disk: every batch before it is written (`always`), what the database does not take in time (`overflow`), nothing (`off`).',
  )
  JOURNAL_MODE: JournalMode = 'always';

  @Integer(16, 16_777_216)
  @documented.about(
    'MiB that the journal may take on disk. Beyond it nodes are not read from until there is room.',
  )
  JOURNAL_MAX_MIB = 1024;

  @Integer(4, 65536)
  @documented.about('MiB of batches held in memory, at most.')
  QUEUE_MAX_MIB = 64;

  @IsOptional()
  @Integer(16, 1_048_576)
  @documented.about(
    'Approximate MiB held in memory for all sockets, nodes, feeds and HTTP together. Beyond it the sockets that hold most are closed. Raise it together with `--max-old-space-size`.',
    'two fifths of the heap limit',
  )
  SOCKETS_MAX_MIB!: number;

  @Integer(1, 3600)
  @documented.about('Seconds from the signal to stop until the process has ended, at most.')
  SHUTDOWN_TIMEOUT_S = 20;

  @Integer(1, 86400)
  @documented.about('Live feed: seconds after which a slow update of the cache is warned about.')
  CACHE_UPDATE_TIMEOUT_S = 15;

  @Integer(50, 3_600_000)
  @documented.about('Live feed: milliseconds between two updates of the cache.')
  CACHE_UPDATE_INTERVAL_MS = 1000;

  @Integer(1, 604_800)
  @documented.about('Live feed: seconds that the cache holds a message.')
  CACHE_EXPIRY_S = 3600;

  @Integer(1, 86400)
  @documented.about('Live feed: seconds after which a part of the cache that nobody uses is dropped.')
  CACHE_TIMEOUT_S = 60;

  @Integer(1, 1_048_576)
  @documented.about(
    'Live feed: MiB that the cache may take. Beyond it the oldest messages of its largest parts go early.',
  )
  CACHE_MAX_MIB = 256;

  @Text('a path')
  @documented.about('The folder of static pages.', './static')
  ASSETS_PATH = resolve(PACKAGE_ROOT, 'static');

  @Choice(LOG_LEVELS)
  @documented.about('How much the server logs. `RUST_LOG` is read where this is not set.')
  LOG_LEVEL: LogLevel = 'info';

  @Choice(LOG_FORMATS)
  @documented.about('Lines for people (`text`) or for machines (`json`).')
  LOG_FORMAT: LogFormat = 'text';
}
