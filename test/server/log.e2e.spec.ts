import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.js';
import { RawSocket, upgradeRequest } from '../support/raw-socket.js';
import { RefusingDatabase } from './refusing-database.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

const FORGED = '[tetcore-analytics] 1  - 2026-11-25T00:00:00.000Z   ERROR [Server] forged';
const HOSTILE = `a name\r\n${FORGED}\n\u001b[2J\u001b]0;title\u0007\u009b31m\u007f\u202e\u2066\u2028`;
const SHOWN = String.raw`a name\r\n${FORGED}\n\u001b[2J\u001b]0;title\u0007\u009b31m\u007f\u202e\u2066\u2028`;
const WARNING = 'The database is not ready, retrying: ';
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufffd]/u;

/** Says it as path, as query, and in headers that the server reads, well-formed or not. */
async function sayEverywhere(server: ServerProcess): Promise<void> {
  const escaped = encodeURIComponent(HOSTILE);
  for (const path of [
    `/${escaped}`,
    `/nodes?limit=${escaped}`,
    '/\u001b[2J',
    '/\u009b31m',
    `/?a=${escaped}`,
  ]) {
    for (const header of ['X-Forwarded-For', 'Forwarded', 'Origin', 'User-Agent', 'Authorization', 'Host']) {
      for (const text of [escaped, '\u001b[2J', '\u009b31m\u0085', '\u202e', '\t']) {
        for (const request of [
          upgradeRequest(path, [`${header}: ${text}`]),
          `GET ${path} HTTP/1.1\r\nConnection: close\r\nHost: x\r\n${header}: ${text}\r\n\r\n`,
        ]) {
          const raw = await RawSocket.connect(server.http);
          raw.write(request);
          await raw.ended;
        }
      }
    }
  }
}

/** The log of a server whose database says it, and which hears it from everybody. */
async function logOf(format: string): Promise<string> {
  await using database = await RefusingDatabase.start(HOSTILE);
  const dataDir = await tempDir('log');
  try {
    await using server = ServerProcess.spawn(await freePort(), {
      DATABASE_URL: database.url,
      DATA_DIR: dataDir,
      LOG_FORMAT: format,
      LOG_LEVEL: 'trace',
      TRUSTED_PROXIES: '127.0.0.0/8',
    });
    await waitUntil(() => server.log.includes(WARNING), { what: 'the warning', timeoutMs: 20_000 });
    await sayEverywhere(server);
    expect((await fetch(`${server.http}/health/live`)).status).toBe(200);
    expect(await server.end('SIGTERM')).toBe(0);
    return server.log;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

describe('untrusted text', () => {
  it('cannot forge log entries or control a terminal', { timeout: 60_000 }, async () => {
    const log = await logOf('text');
    const lines = log.split('\n').slice(0, -1);
    expect(lines.filter((line) => UNPRINTABLE.test(line))).toEqual([]);
    expect(lines.filter((line) => !/^\[tetcore-analytics\] (?!1 )\d+ {2}- /.test(line))).toEqual([]);
    expect(lines.find((line) => line.includes(WARNING))).toMatch(/ WARN \[DatabaseStartup\] /);
    expect(log).toMatch(WARNING);
    expect(log).toContain(`does not accept connections now: ${SHOWN}`);
    expect(lines.filter((line) => line.includes(' ERROR ') && !line.includes(WARNING))).toEqual([]);
    expect(log).toMatch(/Refused 127\.0\.0\.1: not_running\./);
  });

  it('is escaped without loss in a JSON log', { timeout: 60_000 }, async () => {
    const lines = (await logOf('json')).split('\n').slice(0, -1);
    expect(lines.filter((line) => UNPRINTABLE.test(line))).toEqual([]);
    const entries = lines.map((line) => JSON.parse(line) as { level: string; message: string });
    expect(entries.find(({ message }) => message.startsWith(WARNING))).toMatchObject({
      level: 'warn',
      message: expect.stringContaining(`does not accept connections now: ${HOSTILE}`) as string,
    });
    expect(entries.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
