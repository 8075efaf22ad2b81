import { readFileSync } from 'node:fs';
import { databaseNamed, onDatabase } from '../../test/support/on-database.js';

const TICKS_PER_SECOND = 100;

interface Stat {
  ppid: number;
  own: number;
  children: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid.toString()}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, ppid = 0] = fields;
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
    return { ppid, own: utime + stime, children: cutime + cstime };
  } catch {
    return undefined;
  }
}

/** CPU seconds that a process has used so far, by the kernel. NaN where there is no /proc. */
export function cpuSeconds(pid: number): number {
  return (statOf(pid)?.own ?? NaN) / TICKS_PER_SECOND;
}

/** The processes of a PostgreSQL server on this machine. */
export async function postgresProcesses(url: string): Promise<number[]> {
  const pids = await onDatabase(databaseNamed(url, 'postgres'), (client) =>
    client.query<{ pid: number }>('SELECT pid FROM pg_stat_activity'),
  );
  return pids.rows.map((row) => row.pid);
}

/** CPU seconds of a PostgreSQL server: its living processes, and those that have ended. */
export function postgresCpuSeconds(pids: readonly number[]): number {
  const parents = pids.map((pid) => statOf(pid)?.ppid).filter((pid) => pid !== undefined && pid > 1);
  const [postmaster] = parents;
  if (postmaster === undefined) return NaN;
  const stat = statOf(postmaster);
  const living = pids.reduce((sum, pid) => sum + (statOf(pid)?.own ?? 0), 0);
  return (living + (stat?.own ?? 0) + (stat?.children ?? 0)) / TICKS_PER_SECOND;
}

/** Resident memory of a process and its highest so far: MiB. */
export function memoryMib(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid.toString()}/status`, 'utf8');
  const mib = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
  return { now: mib('VmRSS'), peak: mib('VmHWM') };
}
