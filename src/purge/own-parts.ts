import type { Settings } from '../platform/config/index.js';
import {
  BATCH_IDS_KEPT_MS,
  BRIEF_NODE_KEPT_MS,
  BRIEF_NODE_MS,
  connectionIds,
  DAY_MS,
  endedBefore,
  LOST_CONNECTION_MS,
  NO_UNSTORED_BATCHES,
  REJECTED_KEPT_MS,
  sqlInterval,
} from '../storage/index.js';
import { MessagesPart } from './messages.part.js';
import type { PurgeContext, PurgePart } from './purge-part.js';
import type { ExpiringRows, PurgeRegistry } from './purge-registry.js';
import { ReportsPart } from './reports.part.js';

/** Registers the parts of the server itself. */
export function registerOwnParts(
  registry: PurgeRegistry,
  { INSIGHT_DETAIL_DAYS, INSIGHT_BLOCK_DAYS }: Settings,
): void {
  registry.register(new MessagesPart());
  registry.registerRows(connections);
  registry.registerRows(batches);
  registry.registerRows({
    table: 'rejected_messages',
    key: ['id', 'collector'],
    orderBy: 'received_at',
    kept: REJECTED_KEPT_MS,
  });
  registry.register(collectors);
  for (const table of OF_NODES) registry.registerRows(ofBriefNodes(table));
  registry.registerRows(nodes);
  registry.registerRows(chains);
  const block = { key: ['chain_id', 'height', 'hash'], orderBy: 'first_seen_at' };
  registry.registerRows({ table: 'insight_arrivals', ...block, kept: INSIGHT_DETAIL_DAYS * DAY_MS });
  registry.registerRows({ table: 'insight_blocks', ...block, kept: INSIGHT_BLOCK_DAYS * DAY_MS });
  registry.registerRows({
    table: 'insight_minutes',
    key: ['chain_id', 'minute'],
    orderBy: 'minute',
    kept: INSIGHT_BLOCK_DAYS * DAY_MS,
  });
  registry.registerRows({
    table: 'insight_dirty_hours',
    key: ['hour'],
    orderBy: 'hour',
    kept: INSIGHT_BLOCK_DAYS * DAY_MS,
  });
  registry.registerRows({
    table: 'insight_webhook_events',
    key: ['number'],
    orderBy: 'number',
    condition: FINISHED_EVENT,
    kept: WEBHOOK_KEPT_MS,
  });
  registry.registerRows({
    table: 'insight_node_hours',
    key: ['chain_id', 'node_id', 'hour'],
    orderBy: 'hour',
    kept: INSIGHT_DETAIL_DAYS * DAY_MS,
  });
  registry.registerRows(hardware);
  registry.register(new ReportsPart());
}

/** A known event is not sent again: it stays for longer than events are captured. One that has not ended stays, too. */
const WEBHOOK_KEPT_MS = 2 * DAY_MS;
const FINISHED_EVENT = `
  finished_at < $1 AND NOT (type = 'stuck_nodes' AND phase = 'begin' AND NOT EXISTS (
    SELECT FROM insight_webhook_events AS later
     WHERE later.type = 'stuck_nodes' AND later.chain_id = insight_webhook_events.chain_id
       AND later.number > insight_webhook_events.number))`;

/** Connections of `/audit` and open connections never expire. Parameters: {@link expiredBefore}. */
const EXPIRED_CONNECTION = `NOT audit AND ended_at < $1 AND ${endedBefore('$1', '$2')}`;

/** The parameters of {@link EXPIRED_CONNECTION}: a row stays as long as its connection may have messages. */
async function expiredBefore(context: PurgeContext): Promise<[cutoff: Date, lostCutoff: Date]> {
  const cutoff = await context.keptFrom();
  return [cutoff, new Date(cutoff.getTime() - LOST_CONNECTION_MS)];
}

const connections: ExpiringRows = {
  table: 'peer_connections',
  after: ['logs_expiring'],
  key: ['id', 'collector'],
  orderBy: 'ended_at',
  condition: EXPIRED_CONNECTION,
  kept: expiredBefore,
};

/** Ids that processes may still store, and the marker rows, whose id is that of the process. */
const HELD = `
  SELECT FROM unnest($3::integer[], $4::uuid[], $5::uuid[]) AS held (number, mark, holds_from)
   WHERE held.number = collector
     AND (held.holds_from <= ingest_batches.id
       OR held.mark = ingest_batches.id AND held.holds_from <> '${NO_UNSTORED_BATCHES}')`;

/**
 * The id of a batch stays as long as its process, or the abandoned journal of the process, may hold the batch: see
 * `holds_from` of `collectors`. Ids are UUIDv7: newer ones are not read.
 */
const batches: ExpiringRows = {
  table: 'ingest_batches',
  key: ['id', 'collector'],
  orderBy: 'id',
  condition: `stored_at < $1 AND id < $2 AND NOT EXISTS (${HELD})`,
  kept: async (context) => {
    const cutoff = context.now - BATCH_IDS_KEPT_MS;
    return [new Date(cutoff), firstUuidOf(cutoff), ...(await heldBatches(context))];
  },
};

/** Number, id and `holds_from` of every process. */
async function heldBatches({
  client,
}: PurgeContext): Promise<[numbers: number[], marks: string[], holdsFrom: string[]]> {
  const { rows } = await client.query<{ number: number; id: string; holds_from: string }>(
    'SELECT number, id, holds_from FROM collectors',
  );
  return [
    rows.map(({ number }) => number),
    rows.map(({ id }) => id),
    rows.map(({ holds_from: from }) => from),
  ];
}

/** The lowest UUIDv7 of a time: 48 bits of milliseconds, RFC 9562. */
function firstUuidOf(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/** A process with a journal stays: without its row, batches that are already stored would be stored again. */
const ENDED = `greatest(stopped_at, last_seen_at) < $1 AND holds_from = '${NO_UNSTORED_BATCHES}'`;

const ANY_CONNECTION = 'SELECT 1 FROM peer_connections WHERE id >= $1 AND id < $2 LIMIT 1';
/** For a preview, which has not removed the expired connections. */
const ANY_UNEXPIRED_CONNECTION = `
  SELECT 1 FROM peer_connections WHERE id >= $3 AND id < $4 AND NOT (${EXPIRED_CONNECTION}) LIMIT 1`;

/**
 * Server processes that ended long ago. The number of a process is part of the ids of its connections: as long as one of
 * them exists, no other process may get the number.
 */
const collectors: PurgePart = {
  name: 'collectors',
  after: ['peer_connections', 'ingest_batches'],

  async purge(context, report) {
    const cutoff = await cutoffOf(context);
    const numbers = await expired(context, cutoff);
    if (numbers.length === 0) return;
    const { rowCount } = await context.client.query(
      `DELETE FROM collectors WHERE ${ENDED} AND number = ANY($2::integer[])`,
      [cutoff, numbers],
    );
    report.deleted('collectors', rowCount ?? 0);
  },

  async preview(context) {
    return { rows: { collectors: (await expired(context, await cutoffOf(context))).length } };
  },
};

/** No remaining message and no remaining id of a batch is older. */
async function cutoffOf(context: PurgeContext): Promise<Date> {
  const kept = await context.keptFrom();
  return new Date(Math.min(kept.getTime(), context.now - BATCH_IDS_KEPT_MS));
}

/** The numbers of the processes. One query each, since a DELETE on Citus cannot join a distributed table. */
async function expired(context: PurgeContext, cutoff: Date): Promise<number[]> {
  const ended = await context.client.query<{ number: number }>(
    `SELECT number FROM collectors WHERE ${ENDED}`,
    [cutoff],
  );
  const numbers: number[] = [];
  for (const { number } of ended.rows) if (!(await hasConnections(context, number))) numbers.push(number);
  return numbers;
}

async function hasConnections(context: PurgeContext, number: number): Promise<boolean> {
  const ids = connectionIds(number);
  const { rows } = context.dryRun
    ? await context.client.query(ANY_UNEXPIRED_CONNECTION, [...(await expiredBefore(context)), ...ids])
    : await context.client.query(ANY_CONNECTION, [...ids]);
  return rows.length > 0;
}

/** By now(), the database's clock. */
const LONG_GONE = `last_seen_at < now() - ${sqlInterval(BRIEF_NODE_KEPT_MS)}`;

const BRIEF = `heard < ${sqlInterval(BRIEF_NODE_MS)} AND ${LONG_GONE}`;

/** What outlives connections stays as long as the node. By the primary keys, which begin with it. */
const OF_NODES = ['insight_sessions', 'insight_node_days'] as const;
const ofBriefNodes = (table: (typeof OF_NODES)[number]): ExpiringRows => ({
  table,
  key: table === 'insight_sessions' ? ['node_id', 'began_at', 'connection_id'] : ['node_id', 'day'],
  orderBy: 'node_id',
  condition: `node_id IN (SELECT id FROM nodes WHERE ${BRIEF})`,
  kept: () => [],
});

/** Nodes that were connected briefly, so that untrusted clients cannot fill the table. All others stay. */
const nodes: ExpiringRows = {
  table: 'nodes',
  after: OF_NODES,
  key: ['id'],
  orderBy: 'id',
  condition: BRIEF,
  kept: () => [],
};

/** Chains without nodes. */
const chains: ExpiringRows = {
  table: 'chains',
  after: ['nodes'],
  key: ['id'],
  orderBy: 'id',
  condition: `${LONG_GONE} AND NOT EXISTS (SELECT FROM nodes WHERE nodes.chain_id = chains.id)`,
  kept: () => [],
};

/** Benchmarks of nodes that were removed. All others stay. */
const hardware: ExpiringRows = {
  table: 'insight_hardware',
  after: ['nodes'],
  key: ['chain_id', 'node_id'],
  orderBy: 'node_id',
  condition: 'NOT EXISTS (SELECT FROM nodes WHERE nodes.id = insight_hardware.node_id)',
  kept: () => [],
};
