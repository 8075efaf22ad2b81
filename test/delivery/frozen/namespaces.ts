import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What begins a program in PID and IPC namespaces of its own, as containers have, with a `/proc` that shows them. */
export const UNSHARE = [
  'unshare',
  '--pid',
  '--ipc',
  '--fork',
  '--mount-proc',
  '--kill-child=SIGKILL',
] as const;

/** Why there can be no such namespaces here; undefined where there can. */
export async function withoutNamespaces(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'namespaces are those of Linux';
  const [program, ...args] = UNSHARE;
  return await promisify(execFile)(program, [...args, 'true']).then(
    () => undefined,
    (error: unknown) => `unshare needs root: ${String(error).split('\n')[0] ?? ''}`,
  );
}

/** All that a process has started, and what these have, by the pids that we see. Without itself. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text.split(' ').filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}

/** The state of a process, such as `T` for stopped; see proc_pid_stat(5). */
export async function stateOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}
