import type { ClientBase } from 'pg';
import type { NodeBenchmark, Scores } from '../aggregate/index.js';
import { timeSql } from './columns.js';

/** Of a node. A node that ends and starts again all the time measures each time. */
const MAX_NEW_A_DAY = 20;

const COLUMNS: Readonly<Record<string, keyof Scores>> = {
  cpu_score: 'cpu',
  memory_score: 'memory',
  disk_sequential_score: 'diskSequential',
  disk_random_score: 'diskRandom',
  parallel_cpu_score: 'parallelCpu',
  parallel_cpu_cores: 'parallelCores',
};
const NAMES = Object.keys(COLUMNS).join(', ');
const VALUES = Object.values(COLUMNS)
  .map((key) => `"${key}"`)
  .join(', ');

/** The same scores are one benchmark, whenever and however often they are sent. */
const WRITE = `
  INSERT INTO insight_hardware AS known (chain_id, node_id, first_at, last_at, ${NAMES})
  SELECT chain, node, min(at), max(at), ${VALUES}
    FROM (SELECT one.*, ${timeSql('us')} AS at
            FROM jsonb_to_recordset($1::jsonb) AS one (chain integer, node integer, us float8, ${Object.values(
              COLUMNS,
            )
              .map((key) => `"${key}" integer`)
              .join(', ')})) AS sent
   WHERE (SELECT count(*) FROM insight_hardware AS other
           WHERE other.chain_id = chain AND other.node_id = node AND other.first_at > at - interval '1 day'
             AND other.first_at <= at AND ROW (${NAMES}) IS DISTINCT FROM ROW (${VALUES})) < ${MAX_NEW_A_DAY.toString()}
   GROUP BY chain, node, ${VALUES}
  ON CONFLICT ON CONSTRAINT insight_hardware_key DO UPDATE SET
    first_at = least(known.first_at, excluded.first_at), last_at = greatest(known.last_at, excluded.last_at)`;

/** Adds benchmarks. Those that are added again change nothing. */
export async function writeHardware(client: ClientBase, benchmarks: readonly NodeBenchmark[]): Promise<void> {
  if (benchmarks.length === 0) return;
  const rows = benchmarks.map(({ chain, node, at, scores }) => ({ chain, node, us: at, ...scores }));
  await client.query(WRITE, [JSON.stringify(rows)]);
}
