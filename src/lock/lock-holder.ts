import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** How often a holder renews the time of its lock file. */
export const LOCK_RENEWAL_MS = 5_000;

/** Age from which the lock of a process that cannot be looked up from here counts as left behind. */
export const REMOTE_LOCK_EXPIRY_MS = 30_000;

/** What a lock file says, as JSON. */
export interface LockHolder {
  pid: number;
  host: string;
  /** Linux: changes with every boot of the machine. */
  bootId: string | null;
  /** Linux: containers of one machine have different ones, in which the same pid is another process. */
  pidNamespace: string | null;
  /** Linux: when the process started, in clock ticks since the boot. Tells it from a later one with its pid. */
  processStart: string | null;
  /** When the lock was taken, ISO 8601. */
  since: string;
  /** Makes each lock's content unique. */
  token: string;
}

/** This process, as the holder of a new lock. */
export function thisProcess(): LockHolder {
  return {
    pid: process.pid,
    host: hostname(),
    bootId: readOrNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: readOrNull(() => readlinkSync('/proc/self/ns/pid')),
    processStart: readOrNull(() => processStat('self').start),
    since: new Date().toISOString(),
    token: randomUUID(),
  };
}

export function parseHolder(text: string): LockHolder | undefined {
  try {
    const value = JSON.parse(text) as Partial<LockHolder> | null;
    return typeof value?.pid === 'number' && typeof value.host === 'string'
      ? (value as LockHolder)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the holder's pid means something in this process's view of the machine. Another boot may be that of
 * another machine with the same name; after a reboot of this one its locks have mostly expired already.
 */
export function isOfThisMachine(holder: LockHolder): boolean {
  const me = thisProcess();
  return holder.host === me.host && holder.bootId === me.bootId && holder.pidNamespace === me.pidNamespace;
}

/**
 * Whether the process that took a lock still exists.
 *
 * @param ageMs time since the lock file was last renewed
 * @param heldHere whether this very process holds the lock
 */
export function isAlive(holder: LockHolder, ageMs: number, heldHere: boolean): boolean {
  if (!isOfThisMachine(holder)) return ageMs < REMOTE_LOCK_EXPIRY_MS;
  if (holder.processStart !== null) {
    const stat = readOrNull(() => processStat(holder.pid.toString()));
    if (stat !== null) return stat.start === holder.processStart && stat.state !== 'Z' && stat.state !== 'X';
  } else if (holder.pid === process.pid) {
    return heldHere;
  }
  return pidExists(holder.pid);
}

/** proc_pid_stat(5): the state is field 3, the start time field 22; field 2, in brackets, may contain spaces. */
function processStat(pid: string): { state: string | undefined; start: string } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const start = fields[19];
  if (start === undefined) throw new Error(`/proc/${pid}/stat has another format.`);
  return { state: fields[0], start };
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
