import { describe, expect, it, vi } from 'vitest';
import { readSettings } from '../platform/config/index.js';
import { ServerLogger } from './server-logger.js';

const HOSTILE = 'a node\n[tetcore-analytics] 1  - \u001b[2J\u009b31m\u202e\u2028';
const SHOWN = String.raw`a node\n[tetcore-analytics] 1  - \u001b[2J\u009b31m\u202e\u2028`;
/** How a line may begin: as an entry of ours, or as a line of a stack. */
const BEGINNING = /^(?:\[tetcore-analytics\] \d+ {2}- \d{4}-| {2})/;

/** What the logger writes, on both streams. */
function written(log: (logger: ServerLogger) => void, environment: Record<string, string> = {}): string {
  const texts: string[] = [];
  const keep = (text: unknown): boolean => texts.push(String(text)) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  try {
    log(new ServerLogger(readSettings({ LOG_LEVEL: 'trace', ...environment })));
  } finally {
    vi.restoreAllMocks();
  }
  return texts.join('');
}

function errorSaying(message: string): Error {
  return Object.assign(new Error(message, { cause: new TypeError(message) }), { detail: message });
}

describe('untrusted text in the log', () => {
  const error = errorSaying(HOSTILE);
  it.each<[string, (logger: ServerLogger) => void]>([
    ['a message', (logger) => logger.log(HOSTILE, 'Test')],
    ['a warning', (logger) => logger.warn(`It said ${HOSTILE}`, 'Test')],
    ['a debug message', (logger) => logger.debug(HOSTILE, 'Test')],
    ['a trace message', (logger) => logger.verbose(HOSTILE, 'Test')],
    ['an error', (logger) => logger.error(error, 'Test')],
    ['an error beside a message', (logger) => logger.error('It failed.', error, 'Test')],
    ['a stack', (logger) => logger.error('It failed.', error.stack, 'Test')],
    ['what stands for a stack', (logger) => logger.error('It failed.', HOSTILE, 'Test')],
    ['a fatal error', (logger) => logger.fatal('It failed.', error.stack, 'Test')],
    ['parameters', (logger) => logger.log('It said', { text: HOSTILE, deep: { error } }, 'Test')],
    ['an object', (logger) => logger.log({ [HOSTILE]: [HOSTILE] }, 'Test')],
  ])('is escaped as %s', (_, log) => {
    const text = written(log);
    expect(text).toContain(String.raw`\u202e\u2028`);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
    expect(text.endsWith('\n')).toBe(true);
    for (const line of text.slice(0, -1).split('\n')) expect(line).toMatch(BEGINNING);
  });

  it('keeps each stack frame on its line, and fields of an error on one line', () => {
    const text = written((logger) => logger.error('It failed.', error, 'Test'));
    const lines = text.split('\n');
    expect(lines[1]).toContain(`ERROR [Test] Error: ${SHOWN.replace('\\n', ' ')}`);
    expect(lines[2]).toMatch(/^ {4}at errorSaying \(/);
    expect(text).toMatch(/\{ detail: '.*', \[cause\]: TypeError: /);
  });

  it('is escaped without loss in a JSON log', () => {
    const text = written((logger) => logger.error('It failed.', error, 'Test'), { LOG_FORMAT: 'json' });
    expect(text).toMatch(/^[ -~]+\n$/);
    expect(JSON.parse(text)).toMatchObject({
      message: 'It failed.',
      context: 'Test',
      error: { message: HOSTILE, stack: error.stack, detail: HOSTILE, cause: { message: HOSTILE } },
    });
  });
});

it('uses colors on a terminal, and escapes colors in untrusted text', () => {
  const text = written((logger) => {
    Object.assign((logger as unknown as { options: object }).options, { colors: true });
    logger.warn(HOSTILE, 'Test');
    logger.warn(errorSaying(HOSTILE), 'Test');
  });
  expect(text).toContain(`\u001b[33m${SHOWN}\u001b[39m`);
  expect(text).not.toContain('\u001b[2J');
});
