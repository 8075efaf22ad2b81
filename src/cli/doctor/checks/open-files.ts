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
    if (limit === undefined) return ok('How many files may be open is not known on this system.');
    return openFilesFinding(limit, settings);
  },
};

/** @param limit files that a process may have open */
export function openFilesFinding(limit: number, settings: Settings): Finding {
  const needed = neededFiles(settings, READER_CONNECTIONS);
  const found = `A process started here may open ${limit === Infinity ? 'any number of' : limit} files`;
  if (limit >= needed) return ok(`${found}; a service may have another limit.`);
  return warning(
    `${found}, and with HTTP_MAX_CONNECTIONS=${settings.HTTP_MAX_CONNECTIONS} it may need ${needed}. A server takes fewer connections then.`,
    `Raise the limit (LimitNOFILE, ulimit -n), or lower HTTP_MAX_CONNECTIONS.`,
  );
}
