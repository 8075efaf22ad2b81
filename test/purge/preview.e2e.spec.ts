import { v7 as uuid } from 'uuid';
import { expect, it } from 'vitest';
import { batch, endedSnapshot, newConnectionId, row } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { TestPurge } from '../support/test-purge.js';
import { TestStorage } from '../support/test-storage.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

it('lists what a purge would remove, and removes nothing', async () => {
  await using database = await TestDatabase.create();
  await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '48' } });
  await using purge = await TestPurge.open(database.url, 48);
  const now = Date.now();
  // One after the other, or the time between had partitions as well.
  for (const ages of [[60 * HOUR, 61 * HOUR, 61 * HOUR], [10 * HOUR], [0]]) {
    const rows = ages.map((age) => row({ at: now - age }));
    await storage.store(batch({ expiring: rows, audit: [row()] }));
  }
  const long = new Date(now - 60 * DAY);
  // Of five connections two have expired: one lives, one is of /audit, and one ended just now.
  await storage.store(
    batch({
      connections: [
        // Of a process that goes with it.
        endedSnapshot(long.getTime(), { id: newConnectionId(1) }),
        endedSnapshot(long.getTime() + 1),
        endedSnapshot(long.getTime(), { endedAt: null, endReason: null }),
        endedSnapshot(long.getTime(), { audit: true, path: '/audit' }),
        endedSnapshot(long.getTime(), { endedAt: now }),
      ],
    }),
  );
  await database.query(
    `INSERT INTO collectors (number, id, host, version, started_at, last_seen_at, stopped_at, holds_from)
     SELECT n, id, 'gone', '0', $2, $2, $2, 'ffffffff-ffff-ffff-ffff-ffffffffffff' FROM unnest($1::uuid[]) WITH ORDINALITY AS one (id, n)`,
    [[uuid(), uuid({ msecs: long.getTime() })], long],
  );
  await database.query(
    `INSERT INTO ingest_batches (id, collector, stored_at) SELECT id, 1, $2 FROM unnest($1::uuid[]) AS id`,
    [[uuid({ msecs: long.getTime() }), uuid({ msecs: long.getTime() + 1 })], long],
  );

  const first = await purge.preview(now);
  expect(await purge.preview(now)).toEqual(first);
  expect(first.partitions).toHaveLength(2);
  expect(first.partitions.every(({ bytes }) => bytes > 0)).toBe(true);
  expect(first.rows).toEqual({
    peer_connections: 2,
    collectors: 2,
    ingest_batches: 2,
    rejected_messages: 0,
    insight_arrivals: 0,
    insight_blocks: 0,
    insight_minutes: 0,
    insight_dirty_hours: 0,
    insight_webhook_events: 0,
    insight_node_days: 0,
    insight_sessions: 0,
    insight_hardware: 0,
    insight_node_hours: 0,
    insight_reports: 0,
    insight_reputation_runs: 0,
    nodes: 0,
    chains: 0,
  });

  const done = await purge.done(now);
  expect(done.partitions.map(({ name }) => name)).toEqual(first.partitions.map(({ name }) => name));
  expect(done.rows).toEqual(first.rows);
  const after = await purge.preview(now);
  expect([...after.partitions, ...Object.values(after.rows).filter((count) => count > 0)]).toEqual([]);
});
