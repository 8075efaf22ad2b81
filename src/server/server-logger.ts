import { ConsoleLogger, type LogLevel as NestLogLevel } from '@nestjs/common';
import { isatty } from 'node:tty';
import type { LogLevel, Settings } from '../config/index.js';

const LEVELS: Record<LogLevel, NestLogLevel[]> = {
  error: ['fatal', 'error'],
  warn: ['fatal', 'error', 'warn'],
  info: ['fatal', 'error', 'warn', 'log'],
  debug: ['fatal', 'error', 'warn', 'log', 'debug'],
  trace: ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'],
};

/** What the framework says of itself while it starts is of use to developers only. */
const FRAMEWORK = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
  'WebSocketsController',
]);

/** Nest's logger by `LOG_LEVEL` and `LOG_FORMAT`. */
export class ServerLogger extends ConsoleLogger {
  constructor(settings: Settings) {
    super('Server', {
      logLevels: LEVELS[settings.LOG_LEVEL],
      json: settings.LOG_FORMAT === 'json',
      colors: settings.LOG_FORMAT === 'text' && isatty(process.stdout.fd),
      prefix: 'tetcore-analytics',
    });
  }

  /** RFC 3339 in UTC, the same everywhere. */
  protected override getTimestamp(): string {
    return new Date().toISOString();
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && FRAMEWORK.has(context)) super.debug(message, ...(rest as [string]));
    else super.log(message, ...(rest as [string]));
  }
}
