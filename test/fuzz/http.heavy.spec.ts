import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/simulator/random/random.js';
import { sumOf } from '../support/metrics.js';
import { GOOD_REQUEST, rawRequests } from './raw-requests.js';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { RawSocket } from '../support/raw-socket.js';
import { ServerProcess } from '../support/server-process.js';

/** In all; `TEST_FUZZ_REQUESTS` asks for more. */
const REQUESTS = Number(process.env.TEST_FUZZ_REQUESTS ?? 2_000);
const SEED = Number(process.env.TEST_FUZZ_SEED ?? 20_261_128);
const AT_ONCE = 32;
/** A connection that has said all it has to say is answered, and ended, within this time: milliseconds. */
const TIMEOUT_MS = 15_000;
/** How long is waited for an answer, where there may be none. */
const PATIENCE_MS = 250;
const STATUS = /^HTTP\/1\.1 (\d{3}) /gm;

describe(`${REQUESTS.toString()} connections with raw HTTP at random (TEST_FUZZ_SEED=${SEED.toString()})`, () => {
  it(
    'get no 5xx, end no process, and affect no other client',
    { timeout: 60_000 + REQUESTS * 50 },
    async () => {
      await using database = await TestDatabase.create();
      await using server = await ServerProcess.ready(await freePort(), {
        DATABASE_URL: database.url,
        JOURNAL_MODE: 'off',
        LOG_LEVEL: 'debug',
      });
      const failures = async (): Promise<number> =>
        sumOf(
          await (await fetch(`${server.http}/metrics`)).text(),
          'tetcore_http_request_seconds_count',
          'status="5',
        );
      // Of who asked whether it is ready.
      const before = await failures();
      const statuses = new Map<number, number>();
      const wrong: string[] = [];

      async function talk(index: number): Promise<void> {
        const random = new Random('requests', SEED, index);
        const bytes = rawRequests(random);
        const socket = await RawSocket.connect(server.http);
        // Answered before anything odd comes: Node drops answers that wait when it cannot read what follows.
        const good = random.chance(0.2) ? 1 : 0;
        if (good === 1) {
          socket.write(GOOD_REQUEST);
          await heard(socket);
        }
        for (let at = 0; at < bytes.length;) {
          const size = random.pick([1, 10, 100, 1_460, bytes.length, bytes.length]);
          socket.write(bytes.subarray(at, at + size));
          at += size;
          if (random.chance(0.05)) await new Promise(setImmediate);
        }
        // The server does not answer whoever has ended its side; and what is unfinished it waits for.
        await Promise.race([heard(socket), sleep(PATIENCE_MS)]);
        await sleep(random.pick([0, 0, 5, 20]));
        socket.socket.end();
        const timer = setTimeout(() => {
          wrong.push(`${index.toString()} is not ended: ${start(bytes)}`);
          socket.socket.destroy();
        }, TIMEOUT_MS);
        const answer = (await socket.ended).toString('latin1');
        clearTimeout(timer);
        const seen = [...answer.matchAll(STATUS)].map(([, status]) => Number(status));
        for (const status of seen) statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (seen.some((status) => status >= 500))
          wrong.push(`${index.toString()} gets ${seen.join()}: ${start(bytes)}`);
        if (seen.slice(0, good).some((status) => status !== 200) || seen.length < good) {
          wrong.push(`${index.toString()} gets ${seen.join()} for a good request: ${start(bytes)}`);
        }
      }

      let next = 0;
      const over = new AbortController();
      const beside = (async () => {
        while (!over.signal.aborted) {
          expect((await fetch(`${server.http}/nodes`)).status).toBe(200);
          await sleep(20);
        }
      })();
      const talking = Array.from({ length: AT_ONCE }, async () => {
        while (next < REQUESTS) await talk(next++);
      });
      await Promise.all([Promise.all(talking).finally(() => over.abort()), beside]);

      // Some of them were understood, all the way to the database.
      expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 201, 400, 404]));
      expect(wrong.slice(0, 20)).toEqual([]);
      console.log(
        `${REQUESTS.toString()} connections; answers ${JSON.stringify(Object.fromEntries(statuses))}.`,
      );
      expect(await failures()).toBe(before);
      expect((await fetch(`${server.http}/health/ready`)).status).toBe(200);
      expect(await server.end('SIGTERM')).toBe(0);
      // eslint-disable-next-line no-control-regex
      expect(server.log.split('\n').filter((line) => /[\0-\x1f\x7f-\x9f]/.test(line))).toEqual([]);
      expect(server.log.split('\n').filter((line) => / (ERROR|WARN) /.test(line))).toEqual([]);
    },
  );
});

/** Until the server says something, or nothing more. */
async function heard({ socket, ended }: RawSocket): Promise<void> {
  await Promise.race([new Promise((resolve) => socket.once('data', resolve)), ended]);
}

function start(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1').slice(0, 300));
}
