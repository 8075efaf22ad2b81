import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/simulator/random/random.js';
import { FrameFuzzer } from './frame-fuzzer.js';
import { goodMessage, wrongAmong } from './good-messages.js';
import { metric, sumOf } from '../support/metrics.js';
import { Outcomes } from './outcomes.js';
import { control, ending, garbage, masked, messageBytes, violation } from './wire-fuzzer.js';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { RawSocket } from '../support/raw-socket.js';
import { ServerProcess } from '../support/server-process.js';
import { waitUntil } from '../support/wait-until.js';

/** In all; `TEST_FUZZ_FRAMES` asks for more. */
const FRAMES = Number(process.env.TEST_FUZZ_FRAMES ?? 4_000);
const SEED = Number(process.env.TEST_FUZZ_SEED ?? 20_261_127);
const LIMIT = 262_144;
const PER_SOCKET = 40;
const AT_ONCE = 8;
const QUIET_NODES = 4;
/** Each path that sockets are opened on, and the one that it is counted under. */
const PATHS = [
  ['/', '/'],
  ['/audit', '/audit'],
  ['/submit/', '/'],
] as const;
/** A peer of the corpus, by whatever is left of it. */
const PEER = 'QmN';
const REQUESTS = [
  '/health/ready',
  '/stats/db',
  '/nodes',
  `/nodes/${PEER}/connections`,
  `/nodes/logs?peer_id=${PEER}`,
  `/nodes/log_stats?peer_id=${PEER}`,
  '/network',
  '/network/Kusama',
  '/reputation',
  '/reputation/logged',
  `/reputation/${PEER}`,
];

describe(`${FRAMES.toString()} frames at random (TEST_FUZZ_SEED=${SEED.toString()})`, () => {
  let database: TestDatabase;
  let server: ServerProcess;
  const expected = new Outcomes();
  const good = new Map<number, string>();
  const statuses = new Map<number, number>();
  const refusedToEnd: number[] = [];
  let fuzzed = 0;
  let failedBefore = 0;

  beforeAll(async () => {
    database = await TestDatabase.create();
    server = await ServerProcess.ready(await freePort(), {
      DATABASE_URL: database.url,
      WS_MAX_PAYLOAD: LIMIT.toString(),
      JOURNAL_MODE: 'off',
      DB_SAVE_LATENCY_MS: '50',
      LOG_LEVEL: 'debug',
    });
    // Of who asked whether it is ready.
    failedBefore = sumOf(await metrics(), 'tetcore_http_request_seconds_count', 'status="5');
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  /** A message that must be stored, once and unchanged. */
  const nextGood = (nested: boolean, bytes?: number): Buffer => {
    const number = good.size;
    const { text, logs } = goodMessage(number, SEED, nested);
    good.set(number, logs);
    return Buffer.from(
      bytes === undefined ? text : text.padEnd(bytes - Buffer.byteLength(text) + text.length),
    );
  };

  /** All that one socket says, and whether it ends in something that the server takes amiss. */
  function session(index: number): Buffer {
    const random = new Random('socket', SEED, index);
    const fuzzer = new FrameFuzzer(`${SEED.toString()} ${index.toString()}`, LIMIT);
    const parts = [nextGood(false), nextGood(true)].map((message) => messageBytes(message, random));
    for (let count = 0; count < PER_SOCKET; count += 1) {
      fuzzed += 1;
      parts.push(messageBytes(fuzzer.next(), random));
      if (random.chance(0.5)) parts.push(messageBytes(nextGood(random.chance(0.5)), random));
      if (random.chance(0.1)) parts.push(control(random));
      if (random.chance(0.02)) parts.push(masked('', { opcode: random.pick([1, 2]) }, random));
      if (random.chance(0.003)) parts.push(messageBytes(nextGood(false, LIMIT), random));
    }
    const end = random.weighted({ nothing: 2, violation: 4, garbage: 1, ending: 3 });
    if (end === 'violation') parts.push(violation(random, LIMIT));
    if (end === 'garbage') parts.push(garbage(random));
    if (end !== 'nothing') parts.push(ending(random));
    return Buffer.concat(parts);
  }

  async function play(index: number): Promise<void> {
    const [path, countedAs] = PATHS[index % PATHS.length] ?? PATHS[0];
    const bytes = session(index);
    await expected.play(bytes, countedAs, LIMIT);
    const random = new Random('chunks', SEED, index);
    const socket = await RawSocket.open(server.ws + path);
    for (let at = 0; at < bytes.length;) {
      const size = random.pick([1, 7, 100, 1_460, 65_536, bytes.length]);
      if (!socket.socket.write(bytes.subarray(at, at + size))) {
        // Whoever is cut off is not asked to go on.
        await Promise.race([new Promise((resolve) => socket.socket.once('drain', resolve)), socket.ended]);
      }
      at += size;
      if (random.chance(0.1)) await new Promise(setImmediate);
    }
    socket.socket.end();
    const ended = await Promise.race([
      socket.ended,
      new Promise<null>((resolve) => setTimeout(resolve, 20_000, null)),
    ]);
    if (ended === null) {
      refusedToEnd.push(index);
      socket.socket.destroy();
    }
  }

  /** A node that does nothing wrong, while others do. */
  async function quietNode(path: string, over: AbortSignal): Promise<void> {
    const random = new Random('quiet', SEED, path);
    const socket = await RawSocket.open(server.ws + path);
    const sent: Buffer[] = [];
    while (!over.aborted) {
      const bytes = messageBytes(nextGood(random.chance(0.5)), random);
      sent.push(bytes);
      socket.write(bytes);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const goodbye = masked(Buffer.from([0x03, 0xe8]), { opcode: 8 }, random);
    socket.write(goodbye);
    expect(await socket.closeCode()).toBe(1000);
    await expected.play(Buffer.concat([...sent, goodbye]), path.startsWith('/audit') ? '/audit' : '/', LIMIT);
  }

  async function requests(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      for (const request of REQUESTS) {
        const answer = await fetch(server.http + request);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const text = await answer.text();
        expect(() => JSON.parse(text) as unknown).not.toThrow();
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  const metrics = async (): Promise<string> => await (await fetch(`${server.http}/metrics`)).text();

  it('end no process, and each is counted by its outcome', { timeout: 60_000 + FRAMES * 20 }, async () => {
    const over = new AbortController();
    const beside = Promise.all([
      requests(over.signal),
      ...Array.from({ length: QUIET_NODES }, (_, at) =>
        quietNode(PATHS[at % PATHS.length]?.[0] ?? '/', over.signal),
      ),
    ]);
    let next = 0;
    const sockets = Math.ceil(FRAMES / PER_SOCKET);
    const players = Array.from({ length: AT_ONCE }, async () => {
      while (next < sockets) await play(next++);
    });
    await Promise.all([Promise.all(players).finally(() => over.abort()), beside]);
    expect(fuzzed).toBeGreaterThanOrEqual(FRAMES);
    expect(refusedToEnd).toEqual([]);

    for (const path of ['/', '/audit']) {
      await waitUntil(
        async () => sumOf(await metrics(), 'tetcore_messages_total', `path="${path}"`) >= expected.of(path),
        {
          what: `an outcome for each of ${expected.of(path).toString()} messages of ${path}`,
          timeoutMs: 20_000,
          everyMs: 100,
        },
      );
    }
    const text = await metrics();
    for (const path of ['/', '/audit']) {
      const outcome = (name: string): number =>
        metric(text, 'tetcore_messages_total').get(`path="${path}",outcome="${name}"`) ?? 0;
      expect([path, ...['stored', 'rejected', 'dropped', 'oversized'].map(outcome)]).toEqual([
        path,
        ...[expected.stored, expected.rejected, new Map<string, number>(), expected.oversized].map(
          (of) => of.get(path) ?? 0,
        ),
      ]);
      expect(sumOf(text, 'tetcore_messages_total', `path="${path}"`)).toBe(expected.of(path));
      expect(sumOf(text, 'tetcore_messages_received_total', `path="${path}"`)).toBe(expected.of(path));
    }
    const reasons = [...expected.reasons].map(([reason, count]): [string, number] => [
      `reason="${reason}"`,
      count,
    ]);
    expect(metric(text, 'tetcore_messages_rejected_total')).toEqual(new Map(reasons));
    const closed = (reason: string): number =>
      sumOf(text, 'tetcore_sockets_closed_total', `reason="${reason}"`);
    expect(closed('protocol_error') + closed('too_many_fragments')).toBe(expected.protocolErrors);
    expect(server.child.exitCode).toBeNull();
  });

  it(
    'cost and change no good message beside them, and none comes twice',
    { timeout: 60_000 + FRAMES * 5 },
    async () => {
      expect(await wrongAmong(good, database.url)).toEqual([]);
      const [row] = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM tetcore_logs');
      const stored = [...expected.stored.values()].reduce((sum, count) => sum + count, 0);
      expect(row?.n).toBe(stored);
      const reasons = JSON.stringify(Object.fromEntries(expected.reasons));
      console.log(
        `${fuzzed.toString()} frames at random, ${good.size.toString()} good ones beside: ${stored.toString()} stored; ${reasons}; ` +
          `${expected.protocolErrors.toString()} sockets broke the protocol; answers ${JSON.stringify(Object.fromEntries(statuses))}.`,
      );
    },
  );

  it('leave the server responsive, with no control character in its log', async () => {
    expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([]);
    expect(sumOf(await metrics(), 'tetcore_http_request_seconds_count', 'status="5')).toBe(failedBefore);
    expect((await fetch(`${server.http}/health/ready`)).status).toBe(200);
    expect(await server.end('SIGTERM')).toBe(0);
    // eslint-disable-next-line no-control-regex
    expect(server.log.split('\n').filter((line) => /[\0-\x1f\x7f-\x9f]/.test(line))).toEqual([]);
    expect(server.log.split('\n').filter((line) => / (ERROR|WARN) /.test(line))).toEqual([]);
  });
});
