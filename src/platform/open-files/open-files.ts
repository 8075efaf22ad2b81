import { readFileSync } from 'node:fs';
import type { Settings } from '../config/index.js';

/** A server needs so many to load its modules, of which hundreds are open at once. */
export const MIN_OPEN_FILES = 768;

/** Files of the program, its journal and its log, connections of `METRICS_PORT`, and a reserve. */
const OTHERS = 250;

/** The share of the connections for HTTP and the feed if there are too few for all nodes. */
const SHARE_OF_OTHERS = 0.25;

type ConnectionSettings = Pick<
  Settings,
  'HTTP_MAX_CONNECTIONS' | 'TELEMETRY_MAX_CONNECTIONS' | 'DB_POOL_SIZE'
>;

/** The limit on open files of this process; undefined where the system does not report it. */
export function openFilesLimit(): number | undefined {
  try {
    return softLimit(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return undefined;
  }
}

/** The soft limit in `/proc/PID/limits`. Node.js raises its own to the hard limit when it starts. */
export function softLimit(limits: string): number | undefined {
  const [, soft] = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits) ?? [];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Infinity : Number(soft);
}

/** Why a process with this limit cannot start; undefined if it can. */
export function tooFewOpenFiles(limit = openFilesLimit()): string | undefined {
  if (limit === undefined || limit >= MIN_OPEN_FILES) return undefined;
  return (
    `This process may have ${limit.toString()} files open, and needs ${MIN_OPEN_FILES.toString()} to start, ` +
    'and one more for each connection. Raise the limit: LimitNOFILE of systemd, --ulimit nofile of Docker, ulimit -n.'
  );
}

/**
 * Files that a server with these settings may need.
 *
 * @param readers connections of readers to the database
 */
export function neededFiles(
  { HTTP_MAX_CONNECTIONS, ...others }: ConnectionSettings,
  readers: number,
): number {
  return HTTP_MAX_CONNECTIONS + filesBesides(others, readers);
}

/**
 * Limits on connections that fit the limit on open files. Nodes are refused before files run out, and a share is left for
 * requests and the feed.
 *
 * @returns undefined if the settings fit
 */
export function connectionsWithin(
  limit: number,
  settings: ConnectionSettings,
  readers: number,
): Pick<Settings, 'HTTP_MAX_CONNECTIONS' | 'TELEMETRY_MAX_CONNECTIONS'> | undefined {
  if (neededFiles(settings, readers) <= limit) return undefined;
  const { HTTP_MAX_CONNECTIONS: all, TELEMETRY_MAX_CONNECTIONS: nodes } = settings;
  const fitting = Math.max(1, limit - filesBesides(settings, readers));
  const others = Math.min(Math.max(0, all - nodes), Math.ceil(SHARE_OF_OTHERS * fitting));
  return { HTTP_MAX_CONNECTIONS: fitting, TELEMETRY_MAX_CONNECTIONS: Math.min(nodes, fitting - others) };
}

function filesBesides({ DB_POOL_SIZE }: Pick<Settings, 'DB_POOL_SIZE'>, readers: number): number {
  return DB_POOL_SIZE + readers + OTHERS;
}
