import { Logger } from '@nestjs/common';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fillDatabase } from '../../src/simulator/database/fill-database.js';
import {
  loadScenario,
  Playback,
  readScenario,
  SimulatedNetwork,
  TruthLog,
} from '../../src/simulator/index.js';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';

/** Of the lines of the truth that this test compares. */
interface Line {
  kind: string;
  at: string;
  began: string;
  ended: string | null;
  hash: string;
  height: number;
  peer_id: string;
  reported?: boolean;
  cause: string | null;
}

/** What the database has of an arrival or of a final block. */
interface Stored {
  msg: string;
  peer_id: string;
  hash: string;
  height: string;
  received: number;
}

const MINUTE_MS = 60_000;
const scenario = readScenario({
  ...loadScenario('history'),
  nodes: 20,
  outages: [{ afterMinutes: 10, forMinutes: 2 }],
  restarting: { share: 0.3, everyMinutes: 10 },
});

async function storedBlocks(database: TestDatabase): Promise<Stored[]> {
  return await database.query<Stored>(
    `SELECT log.logs->>'msg' AS msg, one.peer_id, log.logs->>'best' AS hash, log.logs->>'height' AS height,
            (extract(epoch FROM log.received_at) * 1000)::double precision AS received
       FROM tetcore_logs AS log JOIN peer_connections AS one ON one.id = log.peer_connection_id
      WHERE log.logs->>'msg' IN ('block.import', 'notify.finalized')`,
  );
}

const keyOf = (msg: string, peerId: string, hash: string, height: number | string): string =>
  `${msg} ${peerId} ${hash} ${height}`;

const reportedIn = (lines: readonly Line[]) =>
  new Map(
    lines
      .filter(({ reported }) => reported === true)
      .map(({ kind, peer_id, hash, height, at }) => [
        keyOf(kind === 'arrival' ? 'block.import' : 'notify.finalized', peer_id, hash, height),
        Date.parse(at),
      ]),
  );

describe('the truth about a network whose history is written to a database', () => {
  const startAt = Date.UTC(2021, 1, 9, 9);
  const folder = mkdtempSync(join(tmpdir(), 'truth-'));
  const file = join(folder, 'truth.ndjson');
  let database: TestDatabase;
  let lines: Line[];

  beforeAll(async () => {
    database = TestDatabase.missing();
    const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const code = await fillDatabase(
      {
        scenario,
        scenarioName: 'history',
        seed: 3,
        startAt,
        endAt: startAt + 25 * MINUTE_MS,
        database: database.url,
        truth: { file, kinds: undefined },
      },
      new AbortController().signal,
    );
    output.mockRestore();
    expect(code).toBe(0);
    lines = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  });

  afterAll(async () => {
    // The command has replaced it.
    Logger.overrideLogger(['fatal']);
    rmSync(folder, { recursive: true });
    await database[Symbol.asyncDispose]();
  });

  it('has the arrivals and final blocks that are stored, at the times at which they were received', async () => {
    const reported = reportedIn(lines);
    const stored = await storedBlocks(database);
    expect(stored.length).toBeGreaterThan(5_000);
    expect(
      new Map(
        stored.map(({ received, ...row }) => [keyOf(row.msg, row.peer_id, row.hash, row.height), received]),
      ),
    ).toEqual(reported);
  });

  it('has the connections, and the gap of the collector', async () => {
    const links = lines.filter(({ kind }) => kind === 'link');
    const rows = await database.query<{ peer_id: string; ended_at: Date; end_reason: string }>(
      'SELECT peer_id, ended_at, end_reason FROM peer_connections',
    );
    expect(rows).toHaveLength(links.length);
    const lost = rows
      .filter(({ end_reason }) => end_reason === 'collector_lost')
      .map(({ peer_id }) => peer_id);
    expect(lost.sort()).toEqual(
      links
        .filter(({ cause }) => cause === 'collector')
        .map(({ peer_id }) => peer_id)
        .sort(),
    );
    const restarted = links.filter(({ cause }) => cause === 'restart').map(({ ended }) => ended);
    expect(restarted.length).toBeGreaterThan(3);
    expect(rows.map(({ ended_at }) => ended_at.toISOString())).toEqual(expect.arrayContaining(restarted));
    const [gap] = await database.query<{ began_at: Date; ended_at: Date }>(
      'SELECT began_at, ended_at FROM observer_gaps',
    );
    expect(lines.filter(({ kind }) => kind === 'outage')).toEqual([
      { kind: 'outage', began: gap?.began_at.toISOString(), ended: gap?.ended_at.toISOString() },
    ]);
  });

  it('is not written where the file cannot be', async () => {
    const errors = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const missing = join(folder, 'missing', 'truth.ndjson');
    const code = await fillDatabase(
      {
        scenario,
        scenarioName: 'history',
        seed: 3,
        startAt,
        endAt: startAt + MINUTE_MS,
        database: database.url,
        truth: { file: missing, kinds: undefined },
      },
      new AbortController().signal,
    );
    expect(errors.mock.calls).toEqual([[`Cannot write ${missing}: ENOENT.\n`]]);
    errors.mockRestore();
    expect(code).toBe(1);
  });
});

describe('the truth about a network that sends to a server', () => {
  it('has the arrivals that the server stores', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const startAt = Date.now() - 5 * MINUTE_MS;
    const endAt = startAt + 5 * MINUTE_MS;
    const lines: Line[] = [];
    const observer = new TruthLog({ write: (line) => lines.push(JSON.parse(line) as Line), endAt });
    const calm = { ...scenario, outages: [], reconnecting: { ...scenario.reconnecting, share: 0 } };
    const network = new SimulatedNetwork({ scenario: calm, seed: 3, startAt, observer });
    const playback = new Playback(network, { url: server.ws, speed: Infinity, seed: 3, endAt });
    await playback.run();
    observer.end();
    const stored = async () =>
      (await storedBlocks(database)).map((row) => keyOf(row.msg, row.peer_id, row.hash, row.height)).sort();
    const reported = [...reportedIn(lines).keys()].sort();
    expect(reported.length).toBeGreaterThan(1_000);
    await expect.poll(stored).toEqual(reported);
  });
});
