import { Logger } from '@nestjs/common';
import { rebuild, rebuildSessions } from '../../../src/insight/index.js';
import { readSettings } from '../../../src/platform/config/index.js';
import { registerAllNodes } from '../../../src/registry/index.js';
import { DatabaseSink } from '../../../src/simulator/database/database-sink.js';
import { fill, loadScenario, readScenario, SimulatedNetwork } from '../../../src/simulator/index.js';
import { onDatabase } from '../../../test/support/on-database.js';
import { round2 } from '../../support/result.js';
import { HOUR_MS, SLOT_MS } from './world.js';

/** Mean sizes of rows, and rows an hour, may differ by so much. */
const TOLERANCE = 0.25;
/** A column counts as filled if so many of its rows are. */
const FILLED = 0.1;

/** Tables with rows of every hour: whose rows are compared by size, columns and number. */
const BY_TIME = {
  insight_blocks: 'first_seen_at',
  insight_arrivals: 'first_seen_at',
  insight_minutes: 'minute',
  insight_hours: 'hour',
  insight_node_hours: 'hour',
} as const;
/** Those whose number depends on how often nodes restart or get stuck, which is chosen: compared by size and columns. */
const BY_EVENT = {
  insight_sessions: 'began_at',
  insight_spans: 'began_at',
  insight_hardware: 'first_at',
  insight_node_days: 'day',
} as const;
/** What is null only while something goes on, or by what happened, is no part of the shape of a row. */
const VARIES = new Set(['end_reason', 'end_cause', 'restarted', 'ended_at', 'authority']);

export interface Stretch {
  nodes: number;
  /** Whole hours: milliseconds since the epoch. */
  from: number;
  to: number;
  seed: number;
}

/** Simulates a quiet network of as many nodes, and aggregates its messages. Of the hour before, nothing is compared. */
export async function aggregateStretch(url: string, { nodes, from, to, seed }: Stretch): Promise<void> {
  Logger.overrideLogger(['fatal']);
  const history = loadScenario('history');
  const scenario = readScenario({
    ...history,
    nodes,
    chains: [{ ...history.chains[0], weight: 1, slotSeconds: SLOT_MS / 1000, halts: [] }],
    software: { polkadot: 1 },
    reports: { intervalSeconds: 5, transactionsSeconds: 30, networkStateSeconds: 3_600 },
    outages: [],
    verbosity: { '0': 1 },
  });
  const sink = await DatabaseSink.open({ url, settings: readSettings({}) });
  const network = new SimulatedNetwork({ scenario, seed, startAt: from - HOUR_MS });
  await fill(network, sink, { endAt: to + HOUR_MS / 4 });
  await sink.end();
  await onDatabase(url, async (client) => {
    await registerAllNodes(client);
    const range = { from: from * 1000, to: to * 1000 };
    const registerNodes = (): Promise<void> => Promise.resolve();
    const slices = rebuild(client, { ...range, registerNodes });
    while ((await slices.next()).done !== true);
    await rebuildSessions(client, range, new AbortController().signal);
  });
}

interface Shape {
  rows: number;
  bytes: number;
  filled: Record<string, number>;
}

/** A difference of generated rows from aggregated ones. */
export interface Difference {
  table: string;
  rows_an_hour: number;
  aggregated_rows_an_hour: number;
  bytes_a_row: number;
  aggregated_bytes_a_row: number;
  wrong: string;
}

/** Compares the generated rows of a stretch with those of the aggregation. */
export async function compare(
  generated: string,
  aggregated: string,
  stretch: Stretch,
): Promise<Difference[]> {
  const found: Difference[] = [];
  const hours = (stretch.to - stretch.from) / HOUR_MS;
  for (const [table, time] of Object.entries({ ...BY_TIME, ...BY_EVENT })) {
    const [one, other] = [
      await shapeOf(generated, table, time, stretch),
      await shapeOf(aggregated, table, time, stretch),
    ];
    const isOff = (left: number, right: number): boolean => Math.abs(left / right - 1) > TOLERANCE;
    const columns = Object.keys(one.filled).filter(
      (name) => !VARIES.has(name) && (one.filled[name] ?? 0) > FILLED !== (other.filled[name] ?? 0) > FILLED,
    );
    found.push({
      table,
      rows_an_hour: round2(one.rows / hours),
      aggregated_rows_an_hour: round2(other.rows / hours),
      bytes_a_row: Math.round(one.bytes),
      aggregated_bytes_a_row: Math.round(other.bytes),
      wrong: [
        ...(table in BY_TIME && isOff(one.rows, other.rows) ? ['rows'] : []),
        ...(isOff(one.bytes, other.bytes) ? ['bytes'] : []),
        ...columns,
      ].join(', '),
    });
  }
  return found;
}

/** Of the rows of a stretch, by the mean of their stored sizes, and by the share of rows that have each column. */
async function shapeOf(url: string, table: string, time: string, { from, to }: Stretch): Promise<Shape> {
  return await onDatabase(url, async (client) => {
    const columns = await client.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
      [table],
    );
    const names = columns.rows.map(({ name }) => name);
    const shares = names.map((name) => `avg((${name} IS NOT NULL)::integer)::float8 AS ${name}`);
    // A day, and a benchmark from before, overlap the stretch.
    const begin = table in BY_TIME ? 'to_timestamp($1)' : "to_timestamp($1) - interval '1 day'";
    const { rows } = await client.query<Record<string, number>>(
      `SELECT count(*)::float8 AS "#rows", avg(${names.map((name) => `coalesce(pg_column_size(${name}), 0)`).join(' + ')})::float8 AS "#bytes", ${shares.join(', ')}
         FROM ${table} WHERE ${time} >= ${begin} AND ${time} < to_timestamp($2)`,
      [from / 1000, to / 1000],
    );
    const { '#rows': count = 0, '#bytes': bytes = NaN, ...filled } = rows[0] ?? {};
    return { rows: count, bytes, filled };
  });
}
