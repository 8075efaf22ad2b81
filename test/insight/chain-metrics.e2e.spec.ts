import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChainMetrics } from '../../src/insight/metrics/index.js';
import { loadScenario, type NetworkOptions, readScenario } from '../../src/simulator/index.js';
import { StatusJob } from '../../src/network/index.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { metric } from '../support/metrics.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';
import { plantedBlocks, plantedTruth } from './planted-truth.js';
import { genesisHashOf, HistoryAggregator, storeHistory, QUIET } from './simulated-history.js';
import { minutesAgo } from './troubled-history.js';

const MINUTE_MS = 60_000;
const SLOT_MS = 6_000;
const NODES = 24;
const startAt = minutesAgo(70);
const endAt = startAt + 69 * MINUTE_MS;

/** Its chain halts for four minutes, and its finality has stalled for ten at the end. */
const options: NetworkOptions = {
  scenario: readScenario({
    ...loadScenario('history'),
    nodes: NODES,
    software: { polkadot: 1 },
    chains: [
      {
        name: 'Simnet',
        skippedSlots: 0.1,
        halts: [{ afterMinutes: 40, forMinutes: 4 }],
        finality: { votes: 0, stalls: [{ afterMinutes: 59, forMinutes: 60 }] },
      },
    ],
    reports: { intervalSeconds: 10, transactionsSeconds: 600, networkStateSeconds: 3_600 },
    ...QUIET,
  }),
  seed: 12,
  startAt,
};
const chain = genesisHashOf(options);

describe('metrics of chains', { timeout: 120_000 }, () => {
  let database: TestDatabase;
  let server: TestServer;
  let folder: string;

  /** Nodes that are connected, one of which was restarted three times lately, and whose clocks are known. */
  const plantSessions = async (): Promise<void> => {
    const [{ id, hour } = { id: 0, hour: new Date() }] = await database.query<{ id: number; hour: Date }>(
      `SELECT chains.id, date_trunc('hour', stored_until) - interval '1 hour' AS hour FROM chains, insight_state WHERE key = $1`,
      [chain],
    );
    const session = (
      node: number,
      version: string,
      authority: boolean,
      ended = 'NULL',
      more = 'NULL, NULL',
    ) =>
      `(${node.toString()}, now() - interval '2 days' + ${node.toString()} * interval '1 s', ${ended}, ${node.toString()}, ${id.toString()}, 1, now(), false, '${version}', ${String(authority)}, ${more})`;
    const ended = (secondsBefore: number): string =>
      `(SELECT stored_until - interval '${secondsBefore.toString()} s' FROM insight_state)`;
    await database.query('TRUNCATE insight_sessions');
    await database.query(
      `INSERT INTO insight_sessions (node_id, began_at, ended_at, connection_id, chain_id, collector, process_began_at, beside_another, version, authority, restarted, end_cause)
       VALUES ${[
         session(901, '1.16.9-abcdef', true),
         session(902, '1.17.0-abcdef', true),
         session(903, '1.18.0', true),
         session(904, '1.16.0', false),
         session(905, 'unknown', false),
         session(906, '1.17.0', true, ended(30), "NULL, 'link_lost'"),
         session(907, '1.17.0', true, ended(30), "NULL, 'observer'"),
         session(908, '1.17.0', true, ended(90), "NULL, 'link_lost'"),
       ].join(', ')}`,
    );
    await database.query(
      `INSERT INTO insight_sessions (node_id, began_at, ended_at, connection_id, chain_id, collector, process_began_at, beside_another, restarted, end_cause)
       SELECT node, at - interval '1 s', at, 1000 + minutes, $1, 1, at, false, true, 'restart'
         FROM (VALUES (909, 2), (909, 5), (909, 14), (910, 3), (910, 8), (910, 16)) AS planted (node, minutes),
              LATERAL (SELECT stored_until - minutes * interval '1 min' AS at FROM insight_state) AS time`,
      [id],
    );
    await database.query(
      `INSERT INTO insight_node_hours (hour, clock_offset_us, download_sum, upload_sum, chain_id, node_id, imports, expected, arrived,
                                       behind_sum, minutes, chain_reports, network_reports, behind_minutes, clock_steps, delay_bins, lag_bins, peers_bins, txcount_bins)
       SELECT $1::timestamptz, micros, 0, 0, $2, node, 0, 0, 0, 0, minutes, 0, 0, 0, 0, '{}', '', '', ''
         FROM (VALUES (901, 100000, 60), (902, -700000, 60), (903, 2500000, 60), (904, -900000, 29), (905, NULL, 60)) AS planted (node, micros, minutes)`,
      [hour, id],
    );
  };

  /** Connected nodes, one for each status. */
  const plantStatuses = async (statuses: readonly string[]): Promise<void> => {
    const nodes = await Promise.all(statuses.map(() => FakeNode.connect(server.ws)));
    for (const [at, node] of nodes.entries())
      await node.sendConnected({
        network_id: `QmStatus${at.toString()}`,
        chain: 'Simnet',
        genesis_hash: chain,
      });
    const connections = await waitUntil(
      async () => {
        const rows = await database.query<{ id: string }>(
          `SELECT connection_id AS id FROM node_statuses JOIN peer_connections ON id = connection_id
            WHERE ended_at IS NULL AND peer_id LIKE 'QmStatus%' ORDER BY peer_id`,
        );
        return rows.length === statuses.length && rows;
      },
      { what: 'the connections', timeoutMs: 20_000 },
    );
    // The statuses stay as they are from now on.
    const job = server.app.get(StatusJob, { strict: false });
    await job.pass();
    job.stop();
    await database.query(
      `UPDATE node_statuses SET status = planted.status
         FROM unnest($1::bigint[], $2::text[]) AS planted (id, status) WHERE connection_id = planted.id`,
      [connections.map(({ id }) => id), statuses],
    );
  };

  beforeAll(async () => {
    folder = await tempDir('chain-metrics');
    const file = join(folder, 'chains.json');
    await writeFile(
      file,
      JSON.stringify({
        [chain]: { slot_ms: SLOT_MS, finality_lag: 40, min_version: '1.17.0', min_version_at: '2026-12-15' },
      }),
    );
    database = await TestDatabase.create();
    await storeHistory(database, options, endAt);
    const aggregator = await HistoryAggregator.begin(database, startAt);
    await aggregator.to(endAt);
    await database.query('DELETE FROM insight_node_hours');
    await plantSessions();
    // The server leaves the aggregation to a process that seems to live.
    await database.query("UPDATE insight_state SET passed_at = now() + interval '1 hour'");
    server = await TestServer.ready(database.url, { INSIGHT_CHAINS_FILE: file });
    await plantStatuses(['healthy', 'healthy', 'healthy', 'stuck', 'stuck', 'fork']);
  }, 180_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const scrape = async (): Promise<string> => {
    const metrics = server.app.get(ChainMetrics);
    // One that was running may have begun before.
    for (let count = 0; count < 2; count += 1) await metrics.update();
    return (await server.get('/metrics')).text();
  };
  const valuesOf = (text: string, name: string): Record<string, number> =>
    Object.fromEntries(
      [...metric(text, `tetcore_chain_${name}`)].map(([labels, value]) => [
        labels
          .replace(`chain="${chain}",name="Simnet"`, '')
          .replace(/^,|[{}]/g, '')
          .replace(/^,/, ''),
        value,
      ]),
    );

  it('are what happened', async () => {
    const text = await scrape();
    const of = (name: string): Record<string, number> => valuesOf(text, name);
    const blocks = plantedBlocks(plantedTruth(options, endAt, chain));
    const firstSeen = new Map<number, number>();
    for (const { height, firstSeenAt } of blocks)
      firstSeen.set(height, Math.min(firstSeenAt, firstSeen.get(height) ?? Infinity));
    const seen = [...firstSeen.values()];

    expect(of('nodes')).toEqual({ '': NODES });
    // Nothing became final for nine or ten minutes.
    const stalled = seen.filter((at) => at >= startAt + 59 * MINUTE_MS).length;
    const lag = of('finality_lag_blocks');
    expect(lag['quantile="0.5"']).toBeGreaterThan(stalled - 20);
    expect(lag['quantile="0.5"']).toBeLessThanOrEqual(stalled + 5);
    expect(lag['quantile="0.9"']).toBeGreaterThanOrEqual(lag['quantile="0.5"'] ?? NaN);
    expect(of('finality_lag_bound_blocks')).toEqual({ '': 40 });
    // Of the sessions, five ended in the last hour, and their nodes are not back.
    const statuses = { offline: 5, silent: 0, syncing: 0, fork: 1, stuck: 2, lagging: 0, healthy: 3 };
    expect(of('status_nodes')).toEqual(
      Object.fromEntries(Object.entries(statuses).map(([status, nodes]) => [`status="${status}"`, nodes])),
    );
    expect(of('fork_depth_blocks')).toEqual({ '': 0 });
    expect(of('time_to_finality_seconds')).toEqual({});
    expect(of('best_height_age_seconds')['']).toBeCloseTo((endAt - Math.max(...seen)) / 1000, 0);
    expect(of('slot_seconds')).toEqual({ '': 6 });
    const to = endAt - MINUTE_MS;
    const inHour = seen.filter((at) => at >= to - 60 * MINUTE_MS && at < to).length;
    expect(of('missing_slots_ratio')['']).toBeCloseTo(1 - inHour / 600, 1);
    expect(of('missing_slots_ratio')['']).toBeGreaterThan(0.12);
    expect(of('open_spans')).toEqual({
      'kind="halt"': 0,
      'kind="finality_stall"': 1,
      'kind="stuck"': 0,
      'kind="finality_stuck"': expect.any(Number) as number,
      'kind="behind"': 0,
    });
    const p90 = blocks
      .filter(({ firstSeenAt: at }) => at >= to - MINUTE_MS && at < to)
      .map((block) => block.p90 ?? NaN);
    const propagation = of('propagation_seconds')['quantile="0.9"'] ?? NaN;
    expect(propagation * 1000).toBeGreaterThan(Math.min(...p90) - 20);
    expect(propagation * 1000).toBeLessThan(Math.max(...p90) + 20);
    // There are no days before.
    expect(of('usual_propagation_seconds')).toEqual({});
    expect(of('usual_orphan_ratio')).toEqual({});
    expect(of('peers_ratio')['quantile="0.5"']).toBeGreaterThan(0.5);
    expect(of('peers_ratio')['quantile="0.5"']).toBeLessThanOrEqual(1);
    expect(of('wrong_clock_nodes')).toEqual({ 'over="500ms"': 2, 'over="third_of_slot"': 1 });
    // Six nodes were there in the last minute, and one left.
    expect(of('ended_ratio')['']).toBeCloseTo(1 / 7, 6);
    expect(of('restarting_nodes')).toEqual({ '': 1 });
    expect(of('below_min_version_ratio')).toEqual({
      'of="nodes"': 0.5,
      'of="authorities"': expect.closeTo(1 / 3, 6) as number,
    });
    expect(of('min_version_timestamp_seconds')).toEqual({ '': Date.parse('2026-12-15T00:00:00Z') / 1000 });
    expect([...metric(text, 'tetcore_insight_known_ratio')].map(([, value]) => value)).toEqual([1]);
  });

  it('have the depth of the deepest fork of the last ten minutes', async () => {
    /** A second branch from a height that was first seen some minutes ago, or later. */
    const plantBranch = (blocks: number, minutes: number): Promise<unknown> =>
      database.query(
        `WITH heights AS (
           SELECT DISTINCT ON (height) block.* FROM insight_blocks AS block, insight_state
            WHERE chain_id = (SELECT id FROM chains WHERE key = $1) AND first_seen_at >= stored_until - $3 * interval '1 min'
            ORDER BY height LIMIT $2)
         INSERT INTO insight_blocks
         SELECT (jsonb_populate_record(NULL::insight_blocks, to_jsonb(own) || jsonb_build_object(
                  'hash', '\\x' || reverse(encode(own.hash, 'hex')), 'canonical', NULL,
                  'parent_hash', '\\x' || CASE WHEN below.hash IS NULL THEN encode(own.parent_hash, 'hex')
                                               ELSE reverse(encode(below.hash, 'hex')) END))).*
           FROM heights AS own LEFT JOIN heights AS below ON below.height = own.height - 1`,
        [chain, blocks, minutes],
      );
    const depth = async (): Promise<Record<string, number>> => valuesOf(await scrape(), 'fork_depth_blocks');
    await plantBranch(5, 11.5);
    expect(await depth()).toEqual({ '': 0 });
    await plantBranch(2, 9);
    expect(await depth()).toEqual({ '': 2 });
    await plantBranch(3, 5);
    expect(await depth()).toEqual({ '': 3 });
  });

  it('are those of the week before, where that is known, and absent where the aggregation is behind', async () => {
    await database.query(
      `INSERT INTO insight_hours (hour, chain_id, minutes, nodes, blocks, heights, orphans, expected_arrivals, arrivals, final_heights, bins)
       SELECT date_trunc('hour', stored_until) - hours * interval '1 hour', chains.id, 60, 20, 600, 500, 5, 1000, 1000, 500,
              array_fill(0::bigint, ARRAY[5]) || ARRAY[CASE WHEN hours % 24 = 0 THEN 890 ELSE 0 END, 0, 0, CASE WHEN hours % 24 = 0 THEN 110 ELSE 1000 END]::bigint[] || array_fill(0::bigint, ARRAY[15])
         FROM chains, insight_state, generate_series(4, 150) AS hours WHERE key = $1`,
      [chain],
    );
    // Six days at the same hour: 89 % of the arrivals were in the sixth bin, so that the 90th percentile is the 10th of 110 in the ninth.
    const ratio = 6_000 ** (1 / 24);
    let text = await scrape();
    expect(valuesOf(text, 'usual_propagation_seconds')['quantile="0.9"']).toBeCloseTo(
      0.01 * ratio ** (8 + 10 / 110),
      6,
    );
    expect(valuesOf(text, 'usual_orphan_ratio')['']).toBeCloseTo(0.01, 3);

    await database.query("UPDATE insight_state SET stored_until = now() - interval '301 s'");
    text = await scrape();
    expect(text).not.toMatch(/^tetcore_chain_\w+\{/m);
    expect(text).toMatch(/^tetcore_insight_known_ratio 1$/m);
  });
});
