import type { Settings } from '../../../platform/config/index.js';
import { neededFiles, openFilesLimit } from '../../../platform/open-files/index.js';
import { READER_CONNECTIONS } from '../../../storage/index.js';
import type { Check, Machine } from '../check.js';
import { type Finding, ok, warning } from '../finding.js';

/** Whether as many files may be open as there may be connections. */
export const openFiles: Check<Machine> = {
  name: 'open files',
  look: ({ settings }) => {
    const limit = openFilesLimit();
    if (limit === undefined) return ok('The limit of open files is unknown on this system.');
    return openFilesFinding(limit, settings);
  },
};

/** @param limit files that a process may have open */
export function openFilesFinding(limit: number, settings: Settings): Finding {
  const needed = neededFiles(settings, READER_CONNECTIONS);
  const found = `The limit of open files is ${limit === Infinity ? 'infinite' : limit} for processes started here`;
  if (limit >= needed) return ok(`${found}; a service can have another limit.`);
  return warning(
    `${found}, but HTTP_MAX_CONNECTIONS=${settings.HTTP_MAX_CONNECTIONS} may need ${needed}. The server lowers its connection limits accordingly.`,
    `Raise the limit (LimitNOFILE, ulimit -n), or lower HTTP_MAX_CONNECTIONS.`,
  );
}
