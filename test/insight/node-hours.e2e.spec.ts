import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NetworkOptions, readScenario } from '../../src/simulator/index.js';
import { TestDatabase } from '../support/databases.js';
import { rebuildRange, storeHistory } from './simulated-history.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const FROM = (Math.floor((Date.now() - 10 * MINUTE_MS) / HOUR_MS) - 2) * HOUR_MS;
const TO = FROM + 2 * HOUR_MS;

const options: NetworkOptions = {
  scenario: readScenario({
    nodes: 12,
    chains: [
      { name: 'Simnet', slotSeconds: 12, authors: 0.5, forks: { chance: 0.1 }, finality: { votes: 0 } },
    ],
    // Of the first ones a message has the chain and the network, of the others two messages have them.
    software: { 'polkadot-0.8': 1, polkadot: 2 },
    verbosity: { '0': 1 },
    imports: { reported: 'best', synced: 0.1 },
    reports: { intervalSeconds: 15, transactionsSeconds: 3_600, networkStateSeconds: 3_600 },
    trailing: { share: 0.3, everyMinutes: 30, minutes: [5, 20] },
    reconnecting: { share: 0.4, everyMinutes: 15, awaySeconds: [5, 300] },
  }),
  seed: 4,
  startAt: FROM - 12 * MINUTE_MS,
};

/** Hours of nodes, as SQL counts the stored messages. */
const COUNTED = `
  WITH source AS (
    SELECT peer_connections.id, peer_connections.collector, nodes.id AS node, nodes.chain_id AS chain
      FROM peer_connections JOIN nodes USING (peer_id)
  ), message AS (
    SELECT node, chain, type, logs, received_at, logs.created_at, date_trunc('hour', received_at) AS hour,
           date_trunc('minute', received_at) AS minute
      FROM tetcore_logs AS logs JOIN source ON source.id = peer_connection_id AND source.collector = logs.collector
     WHERE type IN (4, 16, 17, 18)
  ), counts AS (
    SELECT node, hour, count(DISTINCT minute)::integer AS minutes,
           (count(*) FILTER (WHERE type = 16 AND logs ? 'height'))::integer AS chain_reports,
           (count(*) FILTER (WHERE type = 16 AND logs ? 'peers'))::integer AS network_reports,
           (count(DISTINCT logs->>'best') FILTER (WHERE type = 17 AND logs->>'origin' <> 'NetworkInitialSync'))::integer
             AS imports
      FROM message GROUP BY node, hour
  ), chain AS (
    SELECT DISTINCT ON (node, minute) node, chain, hour, minute, (logs->>'height')::bigint AS height,
           (logs->>'height')::bigint - (logs->>'finalized_height')::bigint AS lag, (logs->>'txcount')::bigint AS txcount
      FROM message WHERE logs ? 'height' AND type = 16 ORDER BY node, minute, received_at DESC
  ), behind AS (
    SELECT node, hour, count(*)::integer AS behind_minutes, sum(greatest(0, best - height))::integer AS behind_sum,
           array_agg(lag ORDER BY minute) AS lags, array_agg(txcount ORDER BY minute) AS txcounts
      FROM chain JOIN (SELECT chain, minute, percentile_disc(0.5) WITHIN GROUP (ORDER BY height) AS best
                         FROM chain GROUP BY chain, minute) AS medians USING (chain, minute)
     GROUP BY node, hour
  ), network AS (
    SELECT DISTINCT ON (node, minute) node, hour, minute, (logs->>'peers')::bigint AS peers,
           (logs->>'bandwidth_download')::bigint AS download, (logs->>'bandwidth_upload')::bigint AS upload
      FROM message WHERE logs ? 'peers' ORDER BY node, minute, received_at DESC
  ), peers AS (
    SELECT node, hour, max(peers)::integer AS peers_max, array_agg(peers ORDER BY minute) AS peers,
           sum(download)::float8 AS download_sum, sum(upload)::float8 AS upload_sum
      FROM network GROUP BY node, hour
  ), arrivals AS (
    SELECT node, date_trunc('hour', first_seen_at) AS hour, count(*)::integer AS expected, count(delay)::integer AS arrived
      FROM insight_arrivals, unnest(nodes, delays_ms) AS arrival (node, delay) GROUP BY 1, 2
  )
  SELECT node, extract(epoch FROM hour)::float8 * 1000 AS hour, minutes, chain_reports, network_reports, imports,
         behind_minutes, behind_sum, lags::float8[], txcounts::float8[], peers_max, peers::float8[], download_sum, upload_sum,
         expected, arrived
    FROM counts LEFT JOIN behind USING (node, hour) LEFT JOIN peers USING (node, hour) LEFT JOIN arrivals USING (node, hour)
   WHERE hour >= to_timestamp($1::float8 / 1000) AND hour < to_timestamp($2::float8 / 1000) ORDER BY hour, node`;

const STORED = `
  SELECT node_id AS node, extract(epoch FROM hour)::float8 * 1000 AS hour, minutes, chain_reports, network_reports, imports,
         behind_minutes, behind_sum, lag_bins, txcount_bins, peers_max::integer, peers_bins, download_sum::float8,
         upload_sum::float8, expected, arrived, delay_bins
    FROM insight_node_hours ORDER BY hour, node`;

interface Counted extends Record<string, unknown> {
  node: number;
  lags: number[];
  txcounts: number[];
  peers: number[];
}

interface Stored extends Record<string, unknown> {
  lag_bins: Buffer;
  txcount_bins: Buffer;
  peers_bins: Buffer;
  arrived: number;
  delay_bins: number[];
}

/** Where bins begin, by docs/schema.md. */
const BOUNDS = [
  0, 1, 2, 3, 4, 6, 8, 12, 16, 23, 32, 46, 64, 91, 128, 182, 256, 363, 512, 725, 1_024, 1_449, 2_048, 2_897,
  4_096, 5_793, 8_192, 11_586, 16_384, 23_171, 32_768,
];

function histogram(values: readonly number[]): number[] {
  const bins: number[] = [];
  for (const value of values) {
    const bin = BOUNDS.findLastIndex((bound) => value >= bound);
    while (bins.length <= bin) bins.push(0);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return bins;
}

describe('hours of nodes', { timeout: 120_000 }, () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await TestDatabase.create();
    await storeHistory(database, options, TO + 5 * MINUTE_MS);
    await rebuildRange(database, FROM, TO);
  }, 120_000);
  afterAll(() => database[Symbol.asyncDispose]());

  it('have what the messages of each node show', async () => {
    const counted = await database.query<Counted>(COUNTED, [FROM, TO]);
    const stored = await database.query<Stored>(STORED);
    expect(counted.length).toBeGreaterThanOrEqual(24);
    const expected = counted.map(({ lags, txcounts, peers, ...others }) => ({
      ...others,
      lag_bins: histogram(lags),
      txcount_bins: histogram(txcounts),
      peers_bins: histogram(peers),
    }));
    const found = stored.map(
      ({ lag_bins: lags, txcount_bins: txcounts, peers_bins: peers, delay_bins: _, ...others }) => ({
        ...others,
        lag_bins: [...lags],
        txcount_bins: [...txcounts],
        peers_bins: [...peers],
      }),
    );
    expect(found).toEqual(expected);
    const sums = stored.map(({ delay_bins: bins }) => bins.reduce((sum, count) => sum + count, 0));
    expect(sums).toEqual(stored.map(({ arrived }) => arrived));
    expect(counted.filter(({ behind_sum: sum }) => Number(sum) > 60).length).toBeGreaterThan(1);
  });
});
