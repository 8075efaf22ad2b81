import { Logger } from '@nestjs/common';
import { format } from 'node:util';

/** Methods of the console, and the methods of the logger that replace them. */
const CONSOLE = {
  log: 'log',
  info: 'log',
  warn: 'warn',
  error: 'error',
  debug: 'debug',
  trace: 'debug',
} as const;

/**
 * Makes the log the only output of this process: what libraries print to the console, and warnings of Node.js, become
 * entries of the log.
 */
export function logOutput(): void {
  const fromConsole = new Logger('Console');
  for (const [name, level] of Object.entries(CONSOLE) as [keyof typeof CONSOLE, 'log'][]) {
    console[name] = (...values: unknown[]) => fromConsole[level](format(...values));
  }
  const fromNode = new Logger('Node.js');
  // That of Node.js itself prints several lines of text.
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => {
    // For developers; and a client can cause one, such as that of an invalid URL.
    const level = name === 'DeprecationWarning' ? 'debug' : 'warn';
    fromNode[level](`${name}: ${message}`);
  });
}

/**
 * Keeps the process running when standard output or error is lost: the reader of a pipe ended, the terminal was closed,
 * the disk of the log file is full. Later writes are tried again.
 */
export function surviveLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', () => undefined);
  }
}

/** Errors that nothing has caught. */
export interface UncaughtErrors {
  count: number;
  first: Promise<void>;
}

/** Logs errors that nothing catches. The state of the process is unknown after the first: it is to be stopped. */
export function uncaughtErrors(): UncaughtErrors {
  const logger = new Logger('Node.js');
  const errors: UncaughtErrors = { count: 0, first: Promise.resolve() };
  errors.first = new Promise((resolve) => {
    process.on('uncaughtException', (error: unknown) => {
      errors.count += 1;
      const text = error instanceof Error ? error.stack : String(error);
      logger.fatal('An error was not caught. The server stops.', text);
      resolve();
    });
  });
  return errors;
}
