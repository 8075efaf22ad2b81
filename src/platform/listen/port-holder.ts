import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** State LISTEN, as the kernel prints it. */
const LISTEN = '0A';

/**
 * The process that listens on a port, such as `process 4711 (nginx)`; undefined where the system does not show it: on
 * other systems than Linux, or for a process of another user.
 */
export function portHolder(port: number): string | undefined {
  try {
    const sockets = listeningSockets(port);
    if (sockets.size === 0) return undefined;
    for (const pid of readdirSync('/proc')) {
      if (/^\d+$/.test(pid) && hasSocket(pid, sockets)) {
        return `process ${pid} (${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`;
      }
    }
  } catch {
    // There is no /proc, or the process has ended.
  }
  return undefined;
}

/** Their links in `/proc/PID/fd`. */
function listeningSockets(port: number): Set<string> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const sockets = new Set<string>();
  for (const table of TABLES) {
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (state === LISTEN && local.endsWith(`:${hex}`)) sockets.add(`socket:[${inode}]`);
    }
  }
  return sockets;
}

function hasSocket(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}
