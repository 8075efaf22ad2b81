import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { built } from '../support/built.js';
import { CLI } from '../support/command-line.js';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { HeldPort } from '../support/held-port.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

interface Entry {
  level: string;
  time: string;
  message: string;
  stack?: string;
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const MAIN = built('main.js');

/** The lines of a log, each of which must be an entry. */
function entriesOf(log: string): Entry[] {
  expect(log.endsWith('\n')).toBe(true);
  return log
    .slice(0, -1)
    .split('\n')
    .map((line) => {
      const entry = JSON.parse(line) as Entry;
      expect(LEVELS).toContain(entry.level);
      expect(entry.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(typeof entry.message).toBe('string');
      return entry;
    });
}

/** Code that runs before the server, as a library or Node.js would print: a preload of `--import`. */
function preload(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

const NOISE = preload(`
  setTimeout(() => process.emitWarning('while it loads'), 300);
  process.once('SIGUSR2', () => {
    console.log('two\\nlines', { deep: { list: [1] } });
    console.error(new Error('of a library'));
    process.emitWarning('old', 'DeprecationWarning', 'DEP0000');
    process.once('SIGUSR2', () => setTimeout(() => { throw new Error('nothing catches this'); }));
  });
`);

describe('LOG_FORMAT=json', { timeout: 180_000 }, () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await tempDir('json-log');
  });

  afterAll(async () => {
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Runs a program to its end. */
  async function run(
    args: readonly string[],
    environment: Record<string, string>,
    cwd = dataDir,
  ): Promise<{ code: number | null; entries: Entry[] }> {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { PATH: process.env.PATH, DATA_DIR: dataDir, HOST: '127.0.0.1', PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const outputs = Promise.all([text(child.stdout), text(child.stderr)]);
    await once(child, 'close');
    return { code: child.exitCode, entries: entriesOf((await outputs).join('')) };
  }

  it('holds for starts that fail, in the environment and in .env', async () => {
    await using port = await HeldPort.take();
    const cwd = await tempDir('json-log-env');
    await writeFile(
      join(cwd, '.env'),
      'LOG_FORMAT=json\nAPI_TOKEN=read:0123456789abcdef\nPROT=1\nPORT 8090\n',
    );
    const taken = {
      PORT: port.number.toString(),
      DATABASE_URL: 'postgres://127.0.0.1:1/x',
      LOG_FORMAT: 'json',
    };
    const json = { LOG_FORMAT: ' JSON ' };
    const runs = await Promise.all([
      run([MAIN], { PORT: 'x', LOG_LEVEL: 'loud', ...json }),
      run([MAIN], {}, cwd),
      run([MAIN], taken),
      run([CLI, 'start'], { PORT: 'x', ...json }),
      run([CLI, 'purge'], { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/x', ...json }),
      run([CLI, 'strat'], json),
      run([CLI], json),
    ]);
    await rm(cwd, { recursive: true });
    expect(
      runs.map(({ code, entries }) => [code, ...entries.map(({ level, message }) => `${level}: ${message}`)]),
    ).toEqual([
      [
        1,
        'error: PORT is "x", but must be an integer from 0 to 65535.',
        'error: LOG_LEVEL is "loud", but must be one of error, warn, info, debug, trace.',
      ],
      [
        1,
        'error: The variable API_TOKEN in .env is not a setting. If you mean API_TOKENS, rename it; otherwise remove it. The server does not start, because clients would have access.',
      ],
      expect.arrayContaining([
        1,
        expect.stringMatching(
          process.platform === 'linux'
            ? /^error: Port \d+ \(PORT\) of 127\.0\.0\.1 is used by process \d+ \(.+\)\. Stop that process, or set PORT to another port\.$/
            : /^error: Port \d+ \(PORT\) of 127\.0\.0\.1 is used by another process\. /,
        ),
      ]),
      [1, 'error: PORT is "x", but must be an integer from 0 to 65535.'],
      [1, expect.stringMatching(/^error: No program accepts connections at 127\.0\.0\.1:1\. /)],
      expect.arrayContaining([2, expect.stringMatching(/^error: .*Did you mean start\?/s)]),
      expect.arrayContaining([2, expect.stringMatching(/^error: Usage: /)]),
    ]);
  });

  it('holds for a start without a database, for libraries, and for errors that nothing catches', async () => {
    await using server = ServerProcess.spawn(
      await freePort(),
      {
        DATABASE_URL: 'postgres://u:p@127.0.0.1:1/x',
        DATA_DIR: dataDir,
        LOG_FORMAT: 'json',
        LOG_LEVEL: 'trace',
      },
      ['--import', NOISE, MAIN],
    );
    const saysAll = (...texts: string[]): Promise<boolean> =>
      waitUntil(() => texts.every((part) => server.log.includes(part)), {
        what: texts.join(),
        timeoutMs: 60_000,
      });
    await saysAll('The database is not ready', 'while it loads');
    server.child.kill('SIGUSR2');
    await saysAll('of a library', 'DeprecationWarning: old');
    server.child.kill('SIGUSR2');
    expect(await server.exited).toBe(1);
    const entries = entriesOf(server.log);
    const found = (message: string): Entry | undefined =>
      entries.find((entry) => entry.message.includes(message));
    expect(found('while it loads')).toMatchObject({ level: 'warn' });
    expect(found('two\nlines { deep: { list: [ 1 ] } }')).toMatchObject({ level: 'info' });
    expect(found('Error: of a library\n    at ')).toMatchObject({ level: 'error' });
    expect(found('DeprecationWarning: old')).toMatchObject({ level: 'debug' });
    expect(found('The database is not ready')).toMatchObject({ level: 'warn' });
    expect(found('An error was not caught. The server stops.')).toMatchObject({
      level: 'fatal',
      stack: expect.stringContaining('nothing catches this') as string,
    });
    expect(found('Stopped in')).toMatchObject({ level: 'info' });
    expect(new Set(entries.map(({ level }) => level))).toEqual(
      new Set(['debug', 'info', 'warn', 'error', 'fatal']),
    );
  });

  it('holds for a server that runs, which reports partitions that LOG_EXPIRY_H does not narrow', async () => {
    await using database = await TestDatabase.create();
    const environment = { DATABASE_URL: database.url, DATA_DIR: dataDir, LOG_FORMAT: 'json' };
    {
      await using first = ServerProcess.spawn(await freePort(), environment);
      await first.isReady(60_000);
      expect(await first.end('SIGHUP')).toBe(0);
      expect(entriesOf(first.log).some(({ message }) => message.includes('LOG_EXPIRY_H'))).toBe(false);
    }
    const lower = { ...environment, LOG_EXPIRY_H: '720', LOG_EXPIRY: '700' };
    await using second = ServerProcess.spawn(await freePort(), lower);
    await second.isReady(60_000);
    expect(await second.end('SIGTERM')).toBe(0);
    const warnings = entriesOf(second.log).filter(({ level }) => level === 'warn');
    expect(warnings.map(({ message }) => message)).toEqual([
      'The environment variable LOG_EXPIRY is not a setting. If you mean LOG_EXPIRY_H, rename it; otherwise unset it.',
      expect.stringMatching(
        /^LOG_EXPIRY_H is 720, but [12] wider partitions exist from a higher value\. Messages in them stay for up to (58|59|60|61) days, the last until \d{4}-\d\d-\d\dT00:00:00\.000Z\.$/,
      ),
    ]);
  });
});
