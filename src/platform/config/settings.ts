import { IsOptional } from 'class-validator';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import 'reflect-metadata';
import {
  Addresses,
  Choice,
  documented,
  HostNames,
  HttpUrl,
  Integer,
  Origins,
  PostgresUrl,
  RoleName,
  RolePassword,
  SigningSecret,
  Switch,
  Text,
} from './setting-types.js';
import { type ApiToken, ApiTokens } from './api-tokens.js';

export const JOURNAL_MODES = ['always', 'overflow', 'off'] as const;
export type JournalMode = (typeof JOURNAL_MODES)[number];

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

const PACKAGE_ROOT = resolve(import.meta.dirname, '../../..');
export const DEFAULT_JSON_MAX_ROWS = 1_000_000;
const DEFAULT_THREADS = availableParallelism() * 3;

/**
 * All settings with their defaults. Property names are the names of environment variables. Read and validated once at
 * startup, and injected where a setting is needed.
 */
export class Settings {
  @IsOptional()
  @PostgresUrl('Database, PostgreSQL 15 or later. Not set: the embedded PostgreSQL in `DATA_DIR`.')
  DATABASE_URL?: string;

  @Text('a path')
  @documented.about('Directory of the journal and of the embedded PostgreSQL.')
  DATA_DIR = './data';

  @Text('a host name or address')
  @documented.about('Listen address.')
  HOST = '0.0.0.0';

  @Integer(0, 65535)
  @documented.about('Port for telemetry, API and metrics. 0: any free port.')
  PORT = 8080;

  @IsOptional()
  @Integer(0, 65535)
  @documented.about(
    'Separate port for metrics and health. If set, `PORT` does not serve metrics; both serve health. 0: any free port.',
  )
  METRICS_PORT?: number;

  @ApiTokens(
    'Tokens for the HTTP API and the live feed: `read` for queries, `write` for changes as well. Not set: any client has access.',
  )
  API_TOKENS: readonly ApiToken[] = [];

  @Origins(
    'Origins of other hosts whose pages may use the HTTP API and the live feed. Not set: this server only.',
  )
  CORS_ORIGINS: readonly string[] = [];

  @HostNames(
    'Host names that clients may use while `API_TOKENS` is not set, in addition to IP addresses, `localhost`, the name of the machine, and names without a dot.',
  )
  ALLOWED_HOSTS: readonly string[] = [];

  @Integer(1, 3600)
  @documented.about('Seconds between WebSocket pings to a node.')
  HEARTBEAT_INTERVAL = 5;

  @Integer(1, 86400)
  @documented.about('Seconds without any frame after which the socket of a node is closed.')
  CLIENT_TIMEOUT_S = 10;

  @Integer(1, 86400)
  @documented.about('Seconds between purges.')
  PURGE_INTERVAL_S = 600;

  @Integer(1, 8_760_000)
  @documented.about(
    'Retention of messages sent to `/`, in hours. The purge drops whole partitions of an hour, a day or a month. A lower value narrows new partitions only: messages in existing ones may stay up to a month longer, and the start logs until when.',
  )
  LOG_EXPIRY_H = 280_320;

  @Switch()
  @documented.about(
    'Whether this server computes statistics of blocks and minutes. Of several replicas, one does at a time.',
  )
  INSIGHT_AGGREGATION = true;

  @Integer(1, 36_500)
  @documented.about(
    'Retention of the arrival of each block at each node, and of the hours of nodes, in days.',
  )
  INSIGHT_DETAIL_DAYS = 30;

  @Integer(1, 36_500)
  @documented.about('Retention of the statistics of each block and each minute of a chain, in days.')
  INSIGHT_BLOCK_DAYS = 400;

  @IsOptional()
  @Text('a path')
  @documented.about(
    'JSON file with slot lengths, lowest versions and thresholds of chains, read at the start. Not set: there are none.',
  )
  INSIGHT_CHAINS_FILE?: string;

  @IsOptional()
  @Text('a path')
  @documented.about(
    'JSON file with labels of the subnets of nodes, such as data centers, read at the start. Not set: there are none.',
  )
  LABELS_FILE?: string;

  @IsOptional()
  @HttpUrl(
    'Receives events such as halts, stalls of finality and gaps as `POST` requests. Not set: none are sent.',
  )
  INSIGHT_WEBHOOK_URL?: string;

  @IsOptional()
  @SigningSecret('Secret with which these requests are signed. Not set: they are not signed.')
  INSIGHT_WEBHOOK_SECRET?: string;

  @Integer(1, 65535)
  @documented.about('Listen backlog: connections that the kernel queues until they are accepted.')
  MAX_PENDING_CONNECTIONS = 8192;

  @IsOptional()
  @Integer(1, 10_000_000)
  @documented.about(
    'Maximum number of TCP connections of `PORT`: nodes, feeds, requests. Beyond it, the longest idle connection is closed.',
    'TELEMETRY_MAX_CONNECTIONS + 2000',
  )
  HTTP_MAX_CONNECTIONS!: number;

  @Addresses(
    'Proxies whose `Forwarded` or `X-Forwarded-For` header is trusted for client addresses. Not set: the headers are ignored.',
  )
  TRUSTED_PROXIES: readonly string[] = [];

  @Addresses('Addresses of allowed nodes; others are rejected with 403. Not set: all addresses.')
  TELEMETRY_ALLOWED_IPS: readonly string[] = [];

  @Integer(1, 1_000_000)
  @documented.about('Maximum number of node sockets; more are rejected with 503.')
  TELEMETRY_MAX_CONNECTIONS = 20_000;

  @Integer(0, 1_000_000)
  @documented.about(
    'Maximum number of node sockets per address; more are rejected with 429. IPv6 addresses are grouped by /64. 0: no limit.',
  )
  TELEMETRY_MAX_CONNECTIONS_PER_IP = 0;

  @Integer(0, 1_000_000)
  @documented.about('Maximum number of new node sockets per second; more are rejected with 503. 0: no limit.')
  TELEMETRY_MAX_CONNECTIONS_PER_S = 5_000;

  @Integer(0, 1_000_000_000)
  @documented.about(
    'Maximum bytes per second from a node socket, averaged over `TELEMETRY_BYTES_WINDOW_S`. Beyond it, the socket is closed with code 1008, and its address is rejected for `TELEMETRY_BLOCK_S`. 0: no limit.',
  )
  TELEMETRY_MAX_BYTES_PER_S = 0;

  @Integer(1, 60)
  @documented.about('Averaging window of `TELEMETRY_MAX_BYTES_PER_S`, in seconds.')
  TELEMETRY_BYTES_WINDOW_S = 10;

  @Integer(1, 86_400)
  @documented.about(
    'Seconds for which an address is rejected with 429 after it exceeded `TELEMETRY_MAX_BYTES_PER_S`.',
  )
  TELEMETRY_BLOCK_S = 600;

  @Integer(0, 86_400)
  @documented.about('Seconds after which a socket without any message is closed with code 1008. 0: never.')
  TELEMETRY_SILENT_TIMEOUT_S = 60;

  @Integer(1024, 67_108_864)
  @documented.about('Maximum message size in bytes. A larger message closes its socket with code 1009.')
  WS_MAX_PAYLOAD = 524_288;

  @Integer(1, 256)
  @documented.about('Maximum number of concurrent batch writes.', 'CPUs * 3')
  NUM_THREADS = DEFAULT_THREADS;

  @IsOptional()
  @Integer(1, 1024)
  @documented.about('Size of the connection pool of the writers.', 'NUM_THREADS')
  DB_POOL_SIZE!: number;

  @Integer(1, 65536)
  @documented.about('Maximum number of messages in a batch.')
  DB_BATCH_SIZE = 1024;

  @Integer(1, 60_000)
  @documented.about('Maximum time that a message waits for its batch to fill, in milliseconds.')
  DB_SAVE_LATENCY_MS = 100;

  @Switch()
  @documented.about('Whether the server applies pending migrations when it starts.')
  MIGRATE_ON_START = true;

  @IsOptional()
  @RoleName(
    'Read-only database role for dashboards, with access to every table. Migrations create it if it does not exist. Not set: no role.',
  )
  DB_READER_ROLE?: string;

  @IsOptional()
  @RolePassword('Password of `DB_READER_ROLE`. Not set: the password is not changed.')
  DB_READER_PASSWORD?: string;

  @Choice(JOURNAL_MODES)
  @documented.about(
    'Which batches are written to the journal on disk: every batch before it is stored (`always`), batches that exceed the memory queue (`overflow`), none (`off`).',
  )
  JOURNAL_MODE: JournalMode = 'always';

  @Integer(16, 16_777_216)
  @documented.about(
    'Maximum size of the journal on disk, in MiB. At the limit, reading from nodes is paused.',
  )
  JOURNAL_MAX_MIB = 1024;

  @Integer(4, 65536)
  @documented.about('Maximum size of batches in memory, in MiB.')
  QUEUE_MAX_MIB = 64;

  @IsOptional()
  @Integer(16, 1_048_576)
  @documented.about(
    'Approximate maximum memory of all sockets (nodes, feeds and HTTP), in MiB. Beyond it, the sockets that use the most memory are closed. Raise it together with `--max-old-space-size`.',
    '40 % of the heap limit',
  )
  SOCKETS_MAX_MIB!: number;

  @Integer(1, 3600)
  @documented.about('Maximum seconds from the stop signal to the end of the process.')
  SHUTDOWN_TIMEOUT_S = 20;

  @Integer(1, 86400)
  @documented.about('Live feed: seconds after which a slow cache update logs a warning.')
  CACHE_UPDATE_TIMEOUT_S = 15;

  @Integer(50, 3_600_000)
  @documented.about('Live feed: milliseconds between cache updates.')
  CACHE_UPDATE_INTERVAL_MS = 1000;

  @Integer(1, 604_800)
  @documented.about('Live feed: seconds that a message stays in the cache.')
  CACHE_EXPIRY_S = 3600;

  @Integer(1, 86400)
  @documented.about('Live feed: seconds after which an unused part of the cache is dropped.')
  CACHE_TIMEOUT_S = 60;

  @Integer(1, 1_048_576)
  @documented.about(
    'Live feed: maximum size of the cache, in MiB. Beyond it, the oldest messages of its largest parts are evicted early.',
  )
  CACHE_MAX_MIB = 256;

  @Integer(10_000, 1_000_000_000)
  @documented.about(
    'Highest `limit` of a JSON list. NDJSON and CSV exports have none. A list above 8 MiB is streamed, and counts as an export.',
  )
  JSON_MAX_ROWS = DEFAULT_JSON_MAX_ROWS;

  @Text('a path')
  @documented.about('Directory of the static pages.', './static')
  ASSETS_PATH = resolve(PACKAGE_ROOT, 'static');

  @Choice(LOG_LEVELS)
  @documented.about('Log level. Not set: taken from `RUST_LOG`.')
  LOG_LEVEL: LogLevel = 'info';

  @Choice(LOG_FORMATS)
  @documented.about('Log format: readable lines (`text`) or JSON lines (`json`).')
  LOG_FORMAT: LogFormat = 'text';
}
