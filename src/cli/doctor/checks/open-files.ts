import { readFile } from 'node:fs/promises';
import type { Settings } from '../../../config/index.js';
import { READER_CONNECTIONS } from '../../../storage/index.js';
import type { Check, Machine } from '../check.js';
import { type Finding, ok, warning } from '../finding.js';

/** Files of the program itself, its journal and its log, and some to spare. */
const OTHERS = 100;

/** Whether as many files may be open as there may be connections. */
export const openFiles: Check<Machine> = {
  name: 'open files',
  look: async ({ settings }) => {
    const limits = await readFile('/proc/self/limits', 'utf8').catch(() => undefined);
    const limit = limits === undefined ? undefined : softLimit(limits);
    if (limit === undefined) return ok('How many files may be open is not known on this system.');
    return openFilesFinding(limit, settings);
  },
};

/** @param limit files that a process may have open */
export function openFilesFinding(
  limit: number,
  { HTTP_MAX_CONNECTIONS, DB_POOL_SIZE }: Pick<Settings, 'HTTP_MAX_CONNECTIONS' | 'DB_POOL_SIZE'>,
): Finding {
  const needed = HTTP_MAX_CONNECTIONS + DB_POOL_SIZE + READER_CONNECTIONS + OTHERS;
  const found = `A process started here may open ${limit === Infinity ? 'any number of' : limit} files`;
  if (limit >= needed) return ok(`${found}; a service may have another limit.`);
  return warning(
    `${found}, and with HTTP_MAX_CONNECTIONS=${HTTP_MAX_CONNECTIONS} it may need ${needed}.`,
    `Raise the limit (LimitNOFILE, ulimit -n), or lower HTTP_MAX_CONNECTIONS.`,
  );
}

/** Of `/proc/PID/limits`. */
export function softLimit(limits: string): number | undefined {
  const [, soft] = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits) ?? [];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Infinity : Number(soft);
}
