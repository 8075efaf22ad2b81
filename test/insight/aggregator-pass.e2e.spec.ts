import type { ClientBase } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregatorPass } from '../../src/insight/aggregator-pass.js';
import { rebuild } from '../../src/insight/index.js';
import { markRebuilt, nextDirtyHour } from '../../src/insight/tables/dirty-hours.js';
import { PassMemory } from '../../src/insight/memory.js';
import { loadScenario, type NetworkOptions, readScenario } from '../../src/simulator/index.js';
import { Random } from '../../src/simulator/random/random.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';
import { rebuildRange, storeHistory } from './simulated-history.js';

const MINUTE_MS = 60_000;
/** One hour, and what its last minutes depend on. */
const startAt = Math.floor(Date.now() / (60 * MINUTE_MS) - 2) * 60 * MINUTE_MS;
const hourEnd = startAt + 60 * MINUTE_MS;
const endAt = hourEnd + 16 * MINUTE_MS;

const options: NetworkOptions = {
  scenario: readScenario({
    ...loadScenario('forks'),
    nodes: 8,
    verbosity: { '0': 1 },
    reports: { intervalSeconds: 10, transactionsSeconds: 600, networkStateSeconds: 3_600 },
    clocks: { usualMs: 20, steps: [{ afterMinutes: 20, share: 0.3, ms: -900 }] },
    software: { polkadot: 1 },
    wrongClocks: { share: 0.3, seconds: [1, 20_000] },
    stuck: { share: 0.3, everyMinutes: 15, minutes: [2, 4] },
    trailing: { share: 0.3, everyMinutes: 15, minutes: [2, 5] },
    reconnecting: { share: 0.3, everyMinutes: 5, awaySeconds: [5, 60] },
  }),
  seed: 5,
  startAt,
};

const TABLES = [
  'insight_blocks',
  'insight_arrivals',
  'insight_minutes',
  'insight_spans',
  'insight_hours',
  'insight_days',
  'insight_node_hours',
  'insight_hardware',
] as const;
const OWNER = '00000000-0000-4000-8000-000000000001';
const OTHER = '00000000-0000-4000-8000-000000000002';
/** All nodes are registered. */
const noNewNodes = (): Promise<boolean> => Promise.resolve(true);

describe('the passes of the aggregator', { timeout: 300_000 }, () => {
  let database: TestDatabase;
  const random = new Random(7, 'passes');

  beforeAll(async () => {
    database = await TestDatabase.create();
    await storeHistory(database, options, endAt);
    // As writers do it: up to some seconds later, in another order.
    for (const table of ['logs_expiring', 'logs_audit']) {
      await database.query(
        `UPDATE ${table} SET stored_at = received_at + (id * 7919 % 4000) * interval '1 ms'`,
      );
    }
  }, 120_000);
  afterAll(() => database[Symbol.asyncDispose]());

  /** As if the aggregation had begun then. */
  const begin = async (owner = OWNER): Promise<void> => {
    await database.query(
      `TRUNCATE ${TABLES.join(', ')}, insight_state, insight_dirty_hours, insight_known_gaps`,
    );
    await database.query(
      `INSERT INTO insight_state (began_at, closed_until, stored_until, passed_at, owner)
       SELECT at, at, at, now(), $2 FROM to_timestamp($1::float8 / 1000) AS at`,
      [startAt, owner],
    );
  };

  const reached = async (): Promise<number> =>
    (
      await database.query<{ at: number }>(
        'SELECT extract(epoch FROM stored_until)::float8 * 1000 AS at FROM insight_state',
      )
    )[0]?.at ?? 0;

  /** Everything of the hour. */
  const rows = async (): Promise<unknown[][]> => {
    const hour = [new Date(startAt), new Date(hourEnd)];
    const within = (column: string): string =>
      `WHERE ${column} >= $1 AND ${column} < $2 ORDER BY chain_id, ${column}`;
    return await Promise.all([
      database.query(`SELECT * FROM insight_blocks ${within('first_seen_at')}, hash`, hour),
      database.query(`SELECT * FROM insight_arrivals ${within('first_seen_at')}, hash`, hour),
      database.query(`SELECT * FROM insight_minutes ${within('minute')}`, hour),
      database.query(
        'SELECT * FROM insight_spans WHERE began_at >= $1 AND ended_at < $2 ORDER BY chain_id, node_id, kind, began_at',
        hour,
      ),
      database.query(`SELECT * FROM insight_hours ${within('hour')}`, hour),
      database.query(`SELECT * FROM insight_node_hours ${within('hour')}, node_id`, hour),
      database.query(
        'SELECT node_id, first_at, cpu_score, memory_score FROM insight_hardware WHERE first_at >= $1 AND first_at < $2 ORDER BY 1, 2',
        hour,
      ),
    ]);
  };

  const rebuilt = async (): Promise<unknown[][]> => {
    await database.query(`TRUNCATE ${TABLES.join(', ')}`);
    await rebuildRange(database, startAt, hourEnd);
    return await rows();
  };

  async function pass(
    client: ClientBase,
    memory: PassMemory | undefined,
    maxReadMs: number,
    isCommitted: boolean,
  ): Promise<PassMemory | undefined> {
    await client.query('BEGIN');
    const result = await aggregatorPass(client, {
      owner: OWNER,
      memory,
      registerNodes: noNewNodes,
      maxReadMs,
    });
    await client.query(isCommitted ? 'COMMIT' : 'ROLLBACK');
    return isCommitted ? result?.memory : undefined;
  }

  it('have the results of a rebuild, however often they are killed and continued', async () => {
    await begin();
    const kills = await onDatabase(database.url, async (client) => {
      let memory: PassMemory | undefined;
      let count = 0;
      while ((await reached()) < endAt) {
        // A third ends with its transaction open, or is the last of its process.
        const isKilled = random.chance(0.33);
        memory = await pass(client, memory, random.between(5_000, 240_000), !isKilled || random.chance(0.5));
        if (!isKilled) continue;
        memory = undefined;
        count += 1;
      }
      return count;
    });
    expect(kills).toBeGreaterThan(5);
    const passed = await rows();
    expect(passed[0]?.length).toBeGreaterThan(300);
    expect(passed[3]?.length).toBeGreaterThan(5);
    expect(passed[4]).toHaveLength(1);
    expect(passed[5]).toHaveLength(8);
    expect(passed[6]?.length).toBeGreaterThan(0);
    expect(passed).toEqual(await rebuilt());
  });

  it('mark an hour whose messages or gaps come late, and it is computed again', async () => {
    // A journal was replayed later.
    await database.query(
      `UPDATE logs_expiring SET stored_at = stored_at + interval '14 min'
        WHERE received_at >= $1 AND received_at < $2 AND peer_connection_id % 3 = 0`,
      [new Date(startAt + 20 * MINUTE_MS), new Date(startAt + 22 * MINUTE_MS)],
    );
    await begin();
    const gap = '00000000-0000-4000-8000-00000000000a';
    await onDatabase(database.url, async (client) => {
      let memory: PassMemory | undefined;
      while ((await reached()) < endAt) {
        memory = await pass(client, memory, 60_000, true);
        if ((await reached()) < startAt + 45 * MINUTE_MS) continue;
        await database.query(
          `INSERT INTO observer_gaps (id, collector, cause, began_at, ended_at)
           SELECT $1, min(collector), 'paused', $2, $3 FROM peer_connections ON CONFLICT DO NOTHING`,
          [gap, new Date(startAt + 30 * MINUTE_MS), new Date(startAt + 33 * MINUTE_MS)],
        );
      }
      const passed = await rows();
      await database.query("UPDATE insight_dirty_hours SET marked_at = now() - interval '2 min'");
      const dirty = await nextDirtyHour(client);
      expect(dirty?.hour).toBe(startAt * 1000);
      if (dirty === undefined) return;
      const { hour, lateStored } = dirty;
      const slices = rebuild(client, { from: hour, to: hour + 1, lateStored, registerNodes: noNewNodes });
      let done = 0;
      for await (const until of slices) done = until;
      expect(done).toBe(hourEnd * 1000);
      await markRebuilt(client, dirty);
      expect(await nextDirtyHour(client)).toBeUndefined();
      const repaired = await rows();
      expect(repaired).not.toEqual(passed);
      await database.query('UPDATE insight_dirty_hours SET rebuilt_at = NULL');
      expect((await nextDirtyHour(client))?.hour).toBe(startAt * 1000);
      expect(repaired).toEqual(await rebuilt());
      expect(await nextDirtyHour(client)).toBeUndefined();
    });
    const [blind] = await database.query<{ expected: number }>(
      'SELECT sum(expected)::integer AS expected FROM insight_blocks WHERE first_seen_at >= $1 AND first_seen_at < $2',
      [new Date(startAt + 29 * MINUTE_MS), new Date(startAt + 34 * MINUTE_MS)],
    );
    expect(blind?.expected).toBe(0);
    await database.query('DELETE FROM observer_gaps WHERE id = $1', [gap]);
  });

  it('are left to the process that makes them, until it has made none for a minute', async () => {
    await begin(OTHER);
    await onDatabase(database.url, async (client) => {
      expect(await pass(client, undefined, 1_000, true)).toBeUndefined();
      await database.query("UPDATE insight_state SET passed_at = now() - interval '61 s'");
      expect(await pass(client, undefined, 1_000, true)).toBeInstanceOf(PassMemory);
      expect(await database.query('SELECT owner FROM insight_state')).toEqual([{ owner: OWNER }]);
    });
  });
});
