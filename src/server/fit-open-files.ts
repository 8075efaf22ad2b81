import { Logger } from '@nestjs/common';
import { Settings } from '../platform/config/index.js';
import { connectionsWithin, neededFiles, openFilesLimit } from '../platform/open-files/index.js';
import { READER_CONNECTIONS } from '../storage/index.js';

/**
 * Lowers the connection limits to what the limit of open files allows: beyond it, not even the journal could be
 * written. Logs what was lowered; as a warning if it is less than half.
 */
export function fitOpenFiles(settings: Settings, limit = openFilesLimit()): Settings {
  const fitting = connectionsWithin(limit ?? Infinity, settings, READER_CONNECTIONS);
  if (limit === undefined || fitting === undefined) return settings;
  const lowered = (['HTTP_MAX_CONNECTIONS', 'TELEMETRY_MAX_CONNECTIONS'] as const)
    .filter((name) => fitting[name] < settings[name])
    .map((name) => `${name} from ${settings[name].toString()} to ${fitting[name].toString()}`);
  const needed = neededFiles(settings, READER_CONNECTIONS);
  const message =
    `Lowered ${lowered.join(' and ')}: these settings may need ${needed.toString()} open files, but the limit is ` +
    `${limit.toString()}. Raise the limit (LimitNOFILE, ulimit -n), or lower these settings.`;
  const logger = new Logger('Server');
  // The default allows more nodes than most servers have.
  if (fitting.HTTP_MAX_CONNECTIONS < settings.HTTP_MAX_CONNECTIONS / 2) logger.warn(message);
  else logger.log(message);
  return Object.assign(new Settings(), settings, fitting);
}
