import type { ClientBase } from 'pg';
import { writeNodeDays } from '../../../src/insight/sessions/node-days.js';
import { INSERT_COLLECTOR, KEEP_COLLECTOR_ALIVE } from '../../support/tables.js';
import { CHAIN, DAY_MS, detailFrom, fraction, iso, peerIds, type World } from './world.js';

const CHAIN_ID = CHAIN.id.toString();

/** Fills the registry, gaps, sessions with their connections, spans and benchmarks. */
export async function fillNodes(client: ClientBase, world: World): Promise<void> {
  const { from, to, nodes } = world;
  await client.query(INSERT_COLLECTOR, [iso(from), iso(to)]);
  await client.query(KEEP_COLLECTOR_ALIVE);
  await client.query(
    `INSERT INTO chains (id, key, name, names, first_seen_at, last_seen_at)
     VALUES (${CHAIN_ID}, $1, $2, ARRAY[$2], $3, $4)`,
    [CHAIN.key, CHAIN.name, iso(from), iso(to)],
  );
  await client.query(
    `INSERT INTO nodes (id, chain_id, peer_id, name, first_seen_at, last_seen_at, heard, last_collector)
     SELECT id, ${CHAIN_ID}, peer_id, 'node-' || id, $2, $3, $3::timestamptz - $2::timestamptz, 1
       FROM unnest($1::text[]) WITH ORDINALITY AS one (peer_id, id)`,
    [peerIds(world), iso(from), iso(to)],
  );
  for (const table of ['chains', 'nodes'])
    await client.query(
      `SELECT setval(pg_get_serial_sequence('${table}', 'id'), (SELECT max(id) FROM ${table}))`,
    );
  await client.query(GAPS, [iso(from), iso(to)]);
  await client.query(SESSIONS, [iso(from), iso(to), nodes]);
  await client.query(CONNECTIONS, [iso(to)]);
  await client.query(SPANS, [iso(from), iso(to), nodes]);
  await client.query(CHAIN_SPANS, [iso(from), iso(to)]);
  await client.query(HARDWARE, [iso(to)]);
  await client.query('ANALYZE insight_sessions, nodes, observer_gaps, peer_connections');
}

/** Fills days of nodes, by the statements of the aggregation, and hours of nodes. */
export async function fillDays(client: ClientBase, world: World): Promise<void> {
  const { from, to, nodes } = world;
  // A day at a time, as the aggregation does it.
  for (let day = from; day < to; day += DAY_MS) {
    const name = iso(day).slice(0, 10);
    await writeNodeDays(client, { from: name, to: name });
  }
  for (let day = detailFrom(world); day < to; day += DAY_MS)
    await client.query(NODE_HOURS, [iso(day), iso(Math.min(day + DAY_MS, to)), nodes]);
}

/** Two a week, from one to five minutes long. */
const GAPS = `
  INSERT INTO observer_gaps (id, collector, cause, began_at, ended_at)
  SELECT md5('gap' || n)::uuid, 1, CASE WHEN ${fraction('n', 20)} < 0.5 THEN 'down' ELSE 'sockets_lost' END, at,
         at + (60 + ${fraction('n', 21)} * 240) * interval '1 s'
    FROM generate_series(0, (extract(epoch FROM $2::timestamptz - $1::timestamptz) / 302400)::integer - 1) AS n,
         LATERAL (SELECT $1::timestamptz + (n + 0.1 + ${fraction('n', 22)} * 0.8) * interval '302400 s' AS at) AS time`;

/** A release a month; a node has it some days after it came, at the next start of its process. */
const VERSION_OF = (process: string): string => `
  '1.' || greatest(0, floor(extract(epoch FROM ${process} - $1::timestamptz) / 2592000 - ${fraction('node', 23)} ^ 3))::integer
    || '.0-' || substr(md5('version'), 1, 11)`;

/** On average one a day of each node, one after another: $1 to $2, nodes $3. A third of them ends with its process. */
const SESSIONS = `
  INSERT INTO insight_sessions (connection_id, began_at, ended_at, startup_time, startup_at, process_began_at, node_id,
    chain_id, collector, authority, beside_another, restarted, version, implementation, same_version, end_reason, end_cause)
  WITH begins AS (
    SELECT node, n, CASE n WHEN 0 THEN $1::timestamptz + ${fraction('node', 24)} * interval '60 s'
             ELSE $1::timestamptz + (n + ${fraction('node * 100000 + n', 25)} * 0.99) * interval '1 day' END AS began_at
      FROM generate_series(1, $3::integer) AS node,
           generate_series(0, ceil(extract(epoch FROM $2::timestamptz - $1::timestamptz) / 86400)::integer) AS n
  ), sessions AS (
    SELECT *, lead(began_at) OVER (PARTITION BY node ORDER BY n) AS next_at, ${fraction('node * 100000 + n', 26)} AS cause
      FROM begins WHERE began_at < $2::timestamptz
  ), ended AS (
    SELECT *, next_at - (5 + ${fraction('node * 100000 + n', 27)} ^ 4 * 600) * interval '1 s' AS ended_at,
           next_at IS NOT NULL AND cause < 0.3 AS restarts
      FROM sessions
  ), processes AS (
    SELECT *, coalesce(sum(restarts::integer) OVER (PARTITION BY node ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS process
      FROM ended
  ), started AS (
    SELECT *, min(began_at) OVER (PARTITION BY node, process) - interval '4 s' AS process_began_at FROM processes
  )
  SELECT (1::bigint << 32) + row_number() OVER (ORDER BY began_at, node), began_at, greatest(began_at, ended_at),
         (extract(epoch FROM process_began_at) * 1000)::bigint, process_began_at, process_began_at, node, ${CHAIN_ID}, 1,
         node % 3 = 0, false,
         CASE WHEN next_at IS NOT NULL AND cause < 0.95 THEN restarts END, ${VERSION_OF('process_began_at')},
         CASE WHEN node % 10 = 0 THEN 'Kagome' ELSE 'Parity Polkadot' END,
         coalesce(${VERSION_OF('process_began_at')} = lag(${VERSION_OF('process_began_at')}) OVER (PARTITION BY node ORDER BY n), false),
         CASE WHEN next_at IS NOT NULL THEN CASE WHEN cause < 0.3 THEN 'closed' WHEN cause < 0.9 THEN 'timeout' ELSE 'reset' END END,
         CASE WHEN next_at IS NULL OR cause >= 0.95 THEN NULL WHEN cause < 0.3 THEN 'restart' WHEN cause < 0.9 THEN 'link_lost' ELSE 'observer' END
    FROM started ORDER BY began_at, node`;

const CONNECTIONS = `
  INSERT INTO peer_connections (id, collector, ip_addr, peer_id, created_at, audit, name, chain, version, authority,
    startup_time, implementation, config, genesis_hash, path, socket_id, revision, first_message_at, last_message_at,
    oldest_created_at, newest_created_at, ended_at, end_reason, end_code)
  SELECT connection_id, 1, '10.0.' || node_id / 250 || '.' || node_id % 250, peer_id, began_at, false, name, '${CHAIN.name}',
         version, authority, startup_time, implementation, '', '${CHAIN.key}', '/', md5(connection_id::text)::uuid, 2, began_at,
         coalesce(ended_at, $1), began_at, coalesce(ended_at, $1), ended_at, end_reason, CASE WHEN ended_at IS NOT NULL THEN 1000 END
    FROM insight_sessions JOIN nodes ON nodes.id = node_id ORDER BY connection_id`;

/** On average one a day of each node, from one to fifteen minutes long. */
const SPANS = `
  INSERT INTO insight_spans (began_at, ended_at, height, chain_id, node_id, kind)
  SELECT at, CASE WHEN at + took < $2::timestamptz THEN at + took END, 20000000 + n * 14400, ${CHAIN_ID}, node,
         (ARRAY['stuck', 'finality_stuck', 'behind', 'behind'])[1 + floor(${fraction('node * 100000 + n', 30)} * 4)::integer]
    FROM generate_series(1, $3::integer) AS node,
         generate_series(0, ceil(extract(epoch FROM $2::timestamptz - $1::timestamptz) / 86400)::integer) AS n,
         LATERAL (SELECT $1::timestamptz + (n + ${fraction('node * 100000 + n', 31)}) * interval '1 day' AS at,
                         (60 + ${fraction('node * 100000 + n', 32)} * 840) * interval '1 s' AS took) AS one
   WHERE at < $2::timestamptz ORDER BY at`;

/** Three a month. */
const CHAIN_SPANS = `
  INSERT INTO insight_spans (began_at, ended_at, height, chain_id, node_id, kind)
  SELECT at, at + (60 + ${fraction('n', 33)} * 840) * interval '1 s', 20000000 + n * 144000, ${CHAIN_ID}, 0,
         CASE n % 3 WHEN 0 THEN 'halt' ELSE 'finality_stall' END
    FROM generate_series(0, (extract(epoch FROM $2::timestamptz - $1::timestamptz) / 864000)::integer - 1) AS n,
         LATERAL (SELECT $1::timestamptz + (n + ${fraction('n', 34)} * 0.9) * interval '10 days' AS at) AS one`;

/** Each process measures its machine when it starts, with other results; a machine without a disk benchmark in ten. */
const HARDWARE = `
  INSERT INTO insight_hardware (chain_id, node_id, first_at, last_at, cpu_score, memory_score, disk_sequential_score,
    disk_random_score, parallel_cpu_score, parallel_cpu_cores)
  SELECT ${CHAIN_ID}, node_id, min(began_at), max(began_at),
         700 + floor(${fraction('node_id', 40)} * 500)::integer + mod(startup_time / 1000, 40)::integer,
         9000 + floor(${fraction('node_id', 41)} * 9000)::integer + mod(startup_time / 1000, 900)::integer,
         CASE WHEN node_id % 10 > 0 THEN 700 + floor(${fraction('node_id', 42)} * 1500)::integer + mod(startup_time / 1000, 90)::integer END,
         CASE WHEN node_id % 10 > 0 THEN 300 + floor(${fraction('node_id', 43)} * 700)::integer + mod(startup_time / 1000, 70)::integer END,
         700 + floor(${fraction('node_id', 44)} * 500)::integer + mod(startup_time / 1000, 60)::integer, 8
    FROM insight_sessions WHERE began_at < $1::timestamptz GROUP BY node_id, startup_time ORDER BY min(began_at), node_id
  ON CONFLICT DO NOTHING`;

/** Counts of sixty minutes, in some bins around the one of a count. */
const counts = (least: number, most: number): string =>
  `decode(repeat('00', ${least.toString()}) || repeat(lpad(to_hex(60 / ${(most - least).toString()}), 2, '0'), ${(most - least).toString()}), 'hex')`;
/** 600 blocks in an hour, around the bin of the delay of the node. */
const DELAYS = `ARRAY(SELECT floor(600 * exp(-((bin - centre) ^ 2) / 4) / 3.5)::smallint FROM generate_series(1, 24) AS bin)`;
const KEY = 'node * 1000000 + extract(epoch FROM hour)::bigint / 3600';

const NODE_HOURS = `
  INSERT INTO insight_node_hours (chain_id, node_id, hour, clock_offset_us, download_sum, upload_sum, imports, expected,
    arrived, behind_sum, peers_max, minutes, chain_reports, network_reports, behind_minutes, clock_steps, delay_bins, lag_bins,
    peers_bins, txcount_bins)
  SELECT ${CHAIN_ID}, node, hour, floor(${fraction('node', 50)} ^ 6 * 900000)::bigint + floor(${fraction(KEY, 51)} * 4000)::bigint,
         6000000 + floor(${fraction(KEY, 52)} * 60000000)::bigint, 6000000 + floor(${fraction(KEY, 53)} * 60000000)::bigint,
         596, 597, 595, 5 + floor(${fraction('node', 54)} ^ 20 * 900)::integer, 38, 60, 720, 720, 60,
         CASE WHEN ${fraction(KEY, 55)} < 0.0005 THEN 1 ELSE 0 END, ${DELAYS}, ${counts(0, 5)}, ${counts(9, 12)}, ${counts(8, 14)}
    FROM generate_series($1::timestamptz, $2::timestamptz - interval '1 us', interval '1 hour') AS hour,
         generate_series(1, $3::integer) AS node,
         LATERAL (SELECT 7 + floor(${fraction('node', 56)} ^ 3 * 10) AS centre) AS one
   ORDER BY hour, node`;
