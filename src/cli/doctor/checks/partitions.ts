import type { ClientBase } from 'pg';
import type { Settings } from '../../../platform/config/index.js';
import {
  CLOCK_AHEAD_MS,
  HOUR_MS,
  listPartitions,
  LOG_TABLES,
  type LogTable,
  missingRanges,
  type Partition,
  readClocks,
} from '../../../storage/index.js';
import type { Check, Database } from '../check.js';
import { type Finding, ok, problem, warning } from '../finding.js';
import { serversSeen } from '../servers-seen.js';

/** Servers make those of two days ahead, every ten minutes. */
const AHEAD_MS = CLOCK_AHEAD_MS;
/** Whoever reads without a bound locks each of them. */
const MANY = 1_000;

/** Whether messages of now find a partition, and what has expired is gone. */
export const partitions: Check<Database> = {
  name: 'partitions',
  look: async ({ client, settings }) => {
    const served = (await serversSeen(client)).length > 0;
    const { now } = await readClocks(client);
    const findings: Finding[] = [];
    for (const table of LOG_TABLES) {
      const all = await listPartitions(client, table);
      findings.push(...partitionFindings(table, all, settings, now, served));
      findings.push(...(await defaultFindings(client, table)));
    }
    return findings;
  },
};

/**
 * @param now milliseconds since the epoch
 * @param served whether servers run on the database, which make partitions and drop them
 */
export function partitionFindings(
  table: LogTable,
  all: readonly Partition[],
  { LOG_EXPIRY_H, PURGE_INTERVAL_S }: Pick<Settings, 'LOG_EXPIRY_H' | 'PURGE_INTERVAL_S'>,
  now: number,
  served: boolean,
): Finding[] {
  const findings: Finding[] = [];
  if (missingRanges(all, now, now + AHEAD_MS, 'day').length > 0) {
    const text = `${table} does not have partitions for all of today and tomorrow.`;
    findings.push(
      served
        ? problem(text, 'Search the log of the servers for the reason.')
        : warning(text, 'A server creates them when it starts.'),
    );
  }
  const dueAt = now - LOG_EXPIRY_H * HOUR_MS - 2 * PURGE_INTERVAL_S * 1000;
  const expired = table === 'logs_expiring' ? all.filter(({ to }) => to <= dueAt) : [];
  if (expired.length > 0) {
    findings.push(
      warning(
        `${expired.length} expired partitions of ${table} have not been dropped: ${namesOf(expired)}.`,
        'Run tetcore-analytics purge. If it skips partitions, end the sessions that hold locks on them.',
      ),
    );
  }
  if (all.length > MANY) {
    findings.push(
      warning(
        `${table} has ${all.length} partitions: queries without a time range become slow.`,
        'Lower LOG_EXPIRY_H, or merge old partitions.',
      ),
    );
  }
  return findings.length > 0 ? findings : [ok(`${table} has ${all.length} partitions, as expected.`)];
}

function namesOf(all: readonly Partition[]): string {
  const [first] = all;
  const last = all.at(-1);
  return first === last ? (first?.name ?? '') : `from ${first?.name ?? ''} to ${last?.name ?? ''}`;
}

/** We make none; with rows in it, no partition can be made for their time. */
async function defaultFindings(client: ClientBase, table: LogTable): Promise<Finding[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT partdefid::regclass::text AS name FROM pg_partitioned_table
      WHERE partrelid = to_regclass($1) AND partdefid <> 0`,
    [table],
  );
  const [found] = rows;
  if (found === undefined) return [];
  const { rowCount } = await client.query(`SELECT 1 FROM ${found.name} LIMIT 1`);
  const advice = `Move its rows to ${table} once it is detached (ALTER TABLE ${table} DETACH PARTITION ${found.name}).`;
  return rowCount === 0
    ? [warning(`${table} has an unexpected default partition, ${found.name}. It is empty.`, advice)]
    : [problem(`The default partition ${found.name} of ${table} has rows, which never expire.`, advice)];
}
