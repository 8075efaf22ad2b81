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

/** Names of the levels in JSON. */
const JSON_LEVELS: Readonly<Record<string, string>> = { log: 'info', verbose: 'trace' };

/** Contexts of NestJS whose startup messages are useful for developers only. */
const FRAMEWORK = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
  'WebSocketsController',
]);

/**
 * Nest's logger with `LOG_LEVEL` and `LOG_FORMAT`. Messages may contain text of untrusted clients, which is escaped so that
 * it cannot forge log entries or control a terminal.
 */
export class ServerLogger extends ConsoleLogger {
  constructor(settings: Pick<Settings, 'LOG_LEVEL' | 'LOG_FORMAT'>) {
    super('Server', {
      logLevels: LEVELS[settings.LOG_LEVEL],
      json: settings.LOG_FORMAT === 'json',
      colors: settings.LOG_FORMAT === 'text' && isatty(process.stdout.fd),
      prefix: 'tetcore-analytics',
    });
  }

  /** RFC 3339 in UTC. */
  protected override getTimestamp(): string {
    return new Date().toISOString();
  }

  /** Escapes the message before adding color. */
  protected override stringifyMessage(message: unknown, level: NestLogLevel): string {
    const text = this.resolveMessage(message);
    return this.colorize(printable(typeof text === 'string' ? text : this.inOneLine(text)), level);
  }

  protected override stringifyParams(params: Record<string, unknown>): string {
    return printable(this.inOneLine(params));
  }

  /** Stacks have no line prefix, so they are indented to differ from log entries. */
  protected override printStackTrace(stack?: string): void {
    if (stack !== undefined) super.printStackTrace(`  ${printable(stack)}`);
  }

  /**
   * With the level by its usual name and the time as in text. JSON does not escape control characters from U+007F on,
   * which affect terminals.
   */
  protected override stringifyJsonLogObject(entry: Record<string, unknown>): string {
    const level = String(entry.level);
    const head = { level: JSON_LEVELS[level] ?? level, time: this.getTimestamp() };
    // Without the time in Nest's format.
    const text = super.stringifyJsonLogObject({ ...head, ...entry, ...head, timestamp: undefined });
    // Nest returns other text for a value that cannot be serialized.
    return printable(text.startsWith('{"level":') ? text : JSON.stringify({ ...head, message: text }));
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && FRAMEWORK.has(context)) super.debug(message, ...(rest as [string]));
    else super.log(message, ...(rest as [string]));
  }

  /** On one line, except for stack frames. */
  private inOneLine(value: unknown): string {
    const text = inspect(value, { ...this.inspectOptions, colors: false });
    return entriesOf(text)
      .map((line) => line.trim())
      .join(' ');
  }
}
