import { randomUUID } from 'node:crypto';
import { chown, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ifExists } from '../platform/errors/index.js';
import type { SystemAccount } from './system-account.js';

export const DATABASE_USER = 'postgres';
const DATABASE_NAME = 'tetcore-analytics';
const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

/** Files of the embedded PostgreSQL in the data directory. */
export interface DataLayout {
  dataDir: string;
  /** The cluster, or a symbolic link to it. */
  cluster: string;
  /** The log of PostgreSQL; `.1` is the previous one. */
  log: string;
  password: string;
  url: string;
  /** Owner of these files; undefined: the user of this process. */
  fileOwner?: SystemAccount | undefined;
}

export function layoutOf(dataDir: string): DataLayout {
  return {
    dataDir,
    cluster: join(dataDir, 'postgres'),
    log: join(dataDir, 'postgres.log'),
    password: join(dataDir, 'postgres-password'),
    url: join(dataDir, 'database-url'),
  };
}

export function databaseUrl(password: string, port: number): string {
  return `postgres://${DATABASE_USER}:${encodeURIComponent(password)}@127.0.0.1:${port.toString()}/${DATABASE_NAME}`;
}

/** The port that PostgreSQL used before. */
export async function lastPort(layout: DataLayout): Promise<number | undefined> {
  const text = await readIfThere(layout.url);
  if (text === undefined || !URL.canParse(text)) return undefined;
  const port = Number(new URL(text).port);
  return port > 0 ? port : undefined;
}

/** Rotates a large log. There are at most two. */
export async function rotateLog(layout: DataLayout): Promise<void> {
  const size = await stat(layout.log).then(
    (file) => file.size,
    () => 0,
  );
  if (size > LOG_LIMIT_BYTES) await rename(layout.log, `${layout.log}.1`);
}

/** Writes a file atomically that only its owner can read. */
export async function writeSecret(path: string, content: string, owner?: SystemAccount): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, `${content}\n`, { mode: 0o600, flag: 'wx', flush: true });
    if (owner !== undefined) await chown(draft, owner.uid, owner.gid);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

/** The trimmed text of a file, or undefined if there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return (await ifExists(readFile(path, 'utf8')))?.trim();
}
