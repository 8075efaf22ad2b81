import { ConsoleLogger, type LogLevel as NestLogLevel } from '@nestjs/common';
import { isatty } from 'node:tty';
import { inspect } from 'node:util';
import type { LogLevel, Settings } from '../platform/config/index.js';
import { entriesOf, printable } from './log-text.js';

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

/**
 * Nest's logger by `LOG_LEVEL` and `LOG_FORMAT`. Some of what it says was said by strangers, such as in the text of an
 * error: nothing of that can look like a line of ours, or do something to a terminal.
 */
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

  /** The color, which is ours, comes after. */
  protected override stringifyMessage(message: unknown, level: NestLogLevel): string {
    const said = this.resolveMessage(message);
    return this.colorize(printable(typeof said === 'string' ? said : this.inOneLine(said)), level);
  }

  protected override stringifyParams(params: Record<string, unknown>): string {
    return printable(this.inOneLine(params));
  }

  /** Without the prefix of a line, and so it must not begin as one. */
  protected override printStackTrace(stack?: string): void {
    if (stack !== undefined) super.printStackTrace(`  ${printable(stack)}`);
  }

  /** JSON itself escapes less than a terminal needs: not the controls from U+007F on. */
  protected override stringifyJsonLogObject(entry: Record<string, unknown>): string {
    return printable(super.stringifyJsonLogObject(entry));
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && FRAMEWORK.has(context)) super.debug(message, ...(rest as [string]));
    else super.log(message, ...(rest as [string]));
  }

  /** But for the frames of its stacks. */
  private inOneLine(value: unknown): string {
    const text = inspect(value, { ...this.inspectOptions, colors: false });
    return entriesOf(text)
      .map((line) => line.trim())
      .join(' ');
  }
}
