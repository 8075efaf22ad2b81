import { Logger } from '@nestjs/common';
import { Settings } from '../platform/config/index.js';
import { connectionsWithin, neededFiles, openFilesLimit } from '../platform/open-files/index.js';
import { READER_CONNECTIONS } from '../storage/index.js';

/**
 * The settings with no more connections than this process may have files open: beyond that even the journal could not
 * be written. Says so, with a warning where it is less than half.
 */
export function fitOpenFiles(settings: Settings, limit = openFilesLimit()): Settings {
  const fitting = connectionsWithin(limit ?? Infinity, settings, READER_CONNECTIONS);
  if (limit === undefined || fitting === undefined) return settings;
  const { HTTP_MAX_CONNECTIONS: all, TELEMETRY_MAX_CONNECTIONS: nodes } = fitting;
  const message =
    `The limit of open files is ${limit.toString()}, and these settings may need ` +
    `${neededFiles(settings, READER_CONNECTIONS).toString()}: HTTP_MAX_CONNECTIONS is ${all.toString()} and ` +
    `TELEMETRY_MAX_CONNECTIONS ${nodes.toString()}. Raise the limit (LimitNOFILE, ulimit -n), or lower these settings.`;
  const logger = new Logger('Server');
  // The default is for more nodes than most servers have.
  if (all < settings.HTTP_MAX_CONNECTIONS / 2) logger.warn(message);
  else logger.log(message);
  return Object.assign(new Settings(), settings, fitting);
}
