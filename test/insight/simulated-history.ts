import { Logger } from '@nestjs/common';
import { expect } from 'vitest';
import { aggregatorPass } from '../../src/insight/aggregator-pass.js';
import type { PassMemory } from '../../src/insight/memory.js';
import { rebuild, rebuildSessions } from '../../src/insight/index.js';
import { readSettings } from '../../src/platform/config/index.js';
import { registerAllNodes } from '../../src/registry/index.js';
import { DatabaseSink } from '../../src/simulator/database/database-sink.js';
import { fill, type NetworkOptions, SimulatedNetwork } from '../../src/simulator/index.js';
import type { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';

const HOUR_MS = 3_600_000;

// What storage says of its work would hide what a test says.
Logger.overrideLogger(['fatal']);

/** For a scenario like `history` in which nodes keep up, stay connected and have right clocks. */
export const QUIET = {
  stuck: { share: 0 },
  trailing: { share: 0 },
  reconnecting: { share: 0 },
  restarting: { share: 0 },
  crashLoops: { share: 0 },
  rollouts: [],
  wrongClocks: { share: 0 },
  outages: [],
};

/** Stores what a simulated network sent from its start to a time, in simulated time. */
export async function storeHistory(
  database: TestDatabase,
  options: NetworkOptions,
  endAt: number,
): Promise<void> {
  const sink = await DatabaseSink.open({ url: database.url, settings: readSettings({}) });
  await fill(new SimulatedNetwork(options), sink, { endAt });
  await sink.end();
  await onDatabase(database.url, registerAllNodes);
}

/** Rebuilds the statistics of the hours of a time range: milliseconds since the epoch. All nodes must be registered. */
export async function rebuildRange(database: TestDatabase, from: number, to: number): Promise<void> {
  const registerNodes = (): Promise<void> => Promise.resolve();
  await onDatabase(database.url, async (client) => {
    for await (const until of rebuild(client, { from: from * 1000, to: to * 1000, registerNodes }))
      expect(until).toBeLessThanOrEqual(Math.ceil(to / HOUR_MS) * HOUR_MS * 1000);
  });
}

/** The genesis hash of the chain of the first node. */
export function genesisHashOf(options: NetworkOptions): string {
  return new SimulatedNetwork(options).nodes[0]?.profile.chain.genesisHash ?? '';
}

/** Rebuilds the sessions and days of a time range: milliseconds since the epoch. All nodes must be registered. */
export async function rebuildSessionsOf(database: TestDatabase, from: number, to: number): Promise<void> {
  await onDatabase(database.url, (client) =>
    rebuildSessions(client, { from: from * 1000, to: to * 1000 }, new AbortController().signal),
  );
}

/** Aggregates a history as a server does that has run since its start, up to a time: milliseconds since the epoch. */
export class HistoryAggregator {
  private memory: PassMemory | undefined;

  private constructor(
    private readonly database: TestDatabase,
    private readonly owner: string,
  ) {}

  /** No other process aggregates for a minute after each pass. */
  static async begin(database: TestDatabase, startAt: number): Promise<HistoryAggregator> {
    const owner = '00000000-0000-4000-8000-000000000001';
    // As writers do it.
    for (const table of ['logs_expiring', 'logs_audit'])
      await database.query(`UPDATE ${table} SET stored_at = received_at + (id % 10) * interval '100 ms'`);
    await database.query(
      `INSERT INTO insight_state (began_at, closed_until, stored_until, passed_at, owner)
       SELECT at, at, at, now(), $2 FROM to_timestamp($1::float8 / 1000) AS at`,
      [startAt, owner],
    );
    return new HistoryAggregator(database, owner);
  }

  async to(time: number): Promise<void> {
    await onDatabase(this.database.url, async (client) => {
      for (let at = -Infinity; at < time;) {
        const { rows } = await client.query<{ at: number }>(
          'SELECT extract(epoch FROM stored_until)::float8 * 1000 AS at FROM insight_state',
        );
        at = rows[0]?.at ?? time;
        const maxReadMs = Math.min(240_000, time - at);
        if (maxReadMs <= 0) return;
        await client.query('BEGIN');
        const registerNodes = (): Promise<boolean> => Promise.resolve(true);
        const result = await aggregatorPass(client, {
          owner: this.owner,
          memory: this.memory,
          registerNodes,
          maxReadMs,
        });
        await client.query('COMMIT');
        this.memory = result?.memory;
      }
    });
  }
}
