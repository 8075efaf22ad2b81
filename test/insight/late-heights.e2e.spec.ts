import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';

const MINUTE_MS = 60_000;
const SLOT_MS = 6_000;
const startAt = Math.floor(Date.now() / MINUTE_MS - 60) * MINUTE_MS;
const [GAP_FROM, GAP_TO] = [startAt + 10 * MINUTE_MS, startAt + 12 * MINUTE_MS];
const KNOWN_AGAIN = GAP_TO + MINUTE_MS;
const endAt = startAt + 20 * MINUTE_MS;

interface Production {
  missing_slots: number;
  points: { time: string; known_share: number; missing_slots: number | null }[];
}

/** A block in each slot but one, where no gap is. One of the minute after the gap is seen when that is over. */
async function plant(database: TestDatabase, missedAt: number): Promise<void> {
  await database.query(
    `INSERT INTO chains (id, key, name, names, first_seen_at, last_seen_at) VALUES (1, 'name:Simnet', 'Simnet', '{Simnet}', $1, $2)`,
    [new Date(startAt), new Date(endAt)],
  );
  await database.query("INSERT INTO observer_gaps VALUES (gen_random_uuid(), 1, 'paused', $1, $2)", [
    new Date(GAP_FROM),
    new Date(GAP_TO),
  ]);
  for (let at = startAt, height = 1; at < endAt; at += SLOT_MS, height += 1) {
    if ((at >= GAP_FROM && at < GAP_TO) || at === missedAt) continue;
    const seenAt = at === GAP_TO + SLOT_MS ? KNOWN_AGAIN + 300 : at + 50;
    await database.query(
      `INSERT INTO insight_blocks (height, first_seen_at, chain_id, reporters, expected, arrived, single_source, hash, bins)
       VALUES ($1, $2, 1, 2, 0, 0, false, int8send($1), '{}')`,
      [height, new Date(seenAt)],
    );
  }
  await database.query(
    `INSERT INTO insight_minutes (minute, chain_id, nodes, blocks, heights, expected_arrivals, arrivals, final_heights, bins)
     SELECT date_trunc('minute', first_seen_at), 1, 2, count(*), count(*), 0, 0, 0, '{}' FROM insight_blocks GROUP BY 1`,
  );
}

describe('GET /chains/{chain}/production', () => {
  it('counts a height of a gap, which a late node reports after it, in no time that is known', async () => {
    await using database = await TestDatabase.create();
    await plant(database, startAt + 5 * MINUTE_MS);
    await using server = await TestServer.ready(database.url, { INSIGHT_AGGREGATION: 'false' });
    const range = `start_time=${new Date(startAt).toISOString()}&end_time=${new Date(endAt).toISOString()}`;
    const response = await server.get(`/chains/Simnet/production?${range}`);
    expect(response.status).toBe(200);
    const { points, missing_slots: missing } = (await response.json()) as Production;
    const known = points.filter(({ known_share: share }) => share === 1);
    expect(known).toHaveLength(17);
    expect(known.filter(({ missing_slots: some }) => some !== 0)).toMatchObject([
      { time: new Date(startAt + 5 * MINUTE_MS).toISOString().replace('000Z', '000000Z'), missing_slots: 1 },
    ]);
    // The minute with eleven heights does not hide the one without a block.
    expect(missing).toBe(1);
  });
});
