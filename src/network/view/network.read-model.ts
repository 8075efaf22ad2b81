import { Injectable } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import { Settings } from '../../platform/config/index.js';
import {
  chainKeySql,
  inMicroseconds,
  mayHave,
  microsecondsOf,
  type NamedMessageType,
  NEW_MESSAGE_AHEAD_MS,
  NEW_MESSAGE_BEHIND_MS,
  READ_AGAIN_MS,
  type ReadOptions,
  ReadTransaction,
  timeOf,
  typeSql,
} from '../../storage/index.js';
import { STATUS_COUNTS, type StatusCount } from '../status/status-counts.js';
import { noStatuses, type NodeTotal } from './chain-header.js';
import type { StatusCounts } from '../network.dto.js';
import type { KnownConnection } from './network-view.js';
import { type ConnectionRow, type ReportRow, REPORTS, type StatusRow } from './report-row.js';

/** Texts are cut after this length. */
const MAX_CHARACTERS = 256;
/** Nodes whose last blocks are read to find when each block was first reported, */
const OBSERVERS = 50;
/** and the number of their blocks and of those of other nodes. */
const BLOCKS_OF_OBSERVER = 25;
const BLOCKS = 2;

/** Maximum nodes of a view, and evaluated connections per node: the newest ones and the one of its id. */
const VIEW_NODES = 25_000;
const CONNECTIONS_OF_NODE = 16;
/** Connections per chain that are sampled for its heights in the list of chains, */
const SAMPLED = 16;
/** chosen among this number of oldest connections, */
const SAMPLED_FROM = 512;
/** and the total number of blocks that are read of them. */
const SAMPLED_BLOCKS = 2_000;

const short = (column: string): string => `left(${column}, ${MAX_CHARACTERS.toString()}) AS ${column}`;

/** The columns of a connection. */
const COLUMNS = `
         id::float8 AS id, ${chainKeySql()} COLLATE "C" AS chain, left(chain, ${MAX_CHARACTERS.toString()}) AS "chainName", revision, ip_addr AS address,
         ${['peer_id', 'name', 'implementation', 'version'].map(short).join(', ')}, authority,
         startup_time::float8 AS "startupTime", ${microsecondsOf('created_at')} AS "connectedAt",
         ${microsecondsOf('last_message_at')} AS "lastMessageAt"`;

/** The open connections of chains, by `peer_connections_open`. */
const OPEN = `
  SELECT ${COLUMNS}, coalesce(peer_id, id::text) COLLATE "C" AS node
    FROM peer_connections
   WHERE ended_at IS NULL AND ${chainKeySql()} = ANY ($1::text[])`;

/** The connections in a view: those of the oldest nodes. The newest connections of a node have its current messages. */
const SHOWN = `
  WITH open AS MATERIALIZED (${OPEN}),
       placed AS (
         SELECT *, row_number() OVER (PARTITION BY chain, node ORDER BY "connectedAt" DESC, id DESC) AS place,
                min("connectedAt") OVER (PARTITION BY chain, node) AS since,
                min(id) OVER (PARTITION BY chain, node) AS first
           FROM open),
       ranked AS (SELECT *, dense_rank() OVER (PARTITION BY chain ORDER BY since, node) AS rank FROM placed),
       shown AS MATERIALIZED (
         SELECT * FROM ranked
          WHERE rank <= ${VIEW_NODES.toString()} AND (place <= ${CONNECTIONS_OF_NODE.toString()} OR id = first)),
       total AS (
         SELECT chain AS "totalOf", max(rank)::integer AS nodes,
                (count(*) FILTER (WHERE authority AND id = first))::integer AS validators
           FROM ranked GROUP BY chain)`;

/** New, changed and ended connections compared with the known ones, and the number of nodes of each chain. */
const CONNECTIONS = `
  ${SHOWN},
       known AS (SELECT * FROM unnest($2::float8[], $3::integer[]) AS known (id, revision)),
       changed AS (
         SELECT shown.*, known.id AS "knownId" FROM shown FULL JOIN known ON known.id = shown.id
          WHERE shown.id IS NULL OR known.id IS NULL OR known.revision <> shown.revision)
  SELECT changed.*, total.* FROM changed FULL JOIN total ON "totalOf" = changed.chain`;

/**
 * A sample of the connections of each chain: of the oldest ones, different addresses first.
 */
const SAMPLE = `
  WITH open AS MATERIALIZED (
         SELECT id, ${chainKeySql()} COLLATE "C" AS chain, ip_addr COLLATE "C" AS address, created_at
           FROM peer_connections
          WHERE ended_at IS NULL AND ${chainKeySql()} = ANY ($1::text[])),
       aged AS (
         SELECT *, row_number() OVER (PARTITION BY chain ORDER BY created_at, id) AS age FROM open),
       ranked AS (
         SELECT *, row_number() OVER (PARTITION BY chain, address ORDER BY age) AS rank
           FROM aged WHERE age <= ${SAMPLED_FROM.toString()}),
       placed AS (SELECT *, row_number() OVER (PARTITION BY chain ORDER BY rank, age) AS place FROM ranked)
  SELECT id FROM placed WHERE place <= ${SAMPLED.toString()}`;

const SAMPLED_CONNECTIONS = `SELECT ${COLUMNS} FROM peer_connections WHERE id = ANY ($1::bigint[])`;

const FIELDS = [
  'best',
  'height',
  'origin',
  'finalized_hash',
  'finalized_height',
  'txcount',
  'ready',
  'peers',
  'bandwidth_upload',
  'bandwidth_download',
];

const report = (log: string): string => `
  SELECT ${log}.id::text AS id, ${log}.peer_connection_id::float8 AS connection, ${log}.msg,
         ${microsecondsOf(`${log}.received_at`)} AS "receivedAt", ${microsecondsOf(`${log}.stored_at`)} AS "storedAt",
         ${FIELDS.map((field) => `left(fields.${field}, 128) AS ${field}`).join(', ')}`;
const fieldsOf = (log: string): string => `
   CROSS JOIN LATERAL jsonb_to_record(${log}.logs) AS fields (${FIELDS.map((field) => `${field} text`).join(', ')})`;

/** By the index on (`peer_connection_id`, `created_at`, `type`). The bounds leave one or two partitions per connection. */
const newest = (msg: NamedMessageType, limit: number | string): string => `
         (SELECT id, created_at, received_at, stored_at, peer_connection_id, msg, logs FROM tetcore_logs
           WHERE peer_connection_id = connection.id AND collector = connection.collector
             AND type = ${typeSql(msg)} AND ${mayHave(msg)}
             AND created_at >= connection.newest_created_at - interval '1 hour'
             AND created_at <= connection.newest_created_at + interval '5 min'
           ORDER BY created_at DESC LIMIT ${limit})`;

/** The newest message of each type, and $2 block imports. A node alternates two kinds of `system.interval`. */
const LATEST = `
  ${report('log')}
    FROM peer_connections AS connection
   CROSS JOIN LATERAL (${[
     newest('system.interval', 2),
     newest('block.import', '$2::bigint'),
     newest('notify.finalized', 1),
     newest('txpool.import', 1),
   ].join(' UNION ALL ')}) AS log
  ${fieldsOf('log')}
   WHERE connection.id = ANY ($1::bigint[])`;

/**
 * Recently stored messages, by the BRIN index on `stored_at`, as in the live feed. Filtered by connection afterwards:
 * otherwise the planner would read all messages of these connections.
 */
const NEW_MESSAGES = `
  WITH new_message AS MATERIALIZED (
    SELECT id, received_at, stored_at, peer_connection_id, msg, logs FROM tetcore_logs
     WHERE stored_at > $1::timestamptz AND created_at >= $2::timestamptz AND created_at <= $3::timestamptz
       AND type + 0 IN (${REPORTS.map(typeSql).join(', ')}) AND id <> ALL ($4::bigint[])
  )
  ${report('new_message')}
    FROM new_message
  ${fieldsOf('new_message')}
   WHERE new_message.peer_connection_id = ANY ($5::bigint[])`;

/**
 * The statuses of new connections ($1), and those that changed after $2. Their transaction may have begun before the last
 * read, and ended after it.
 */
const STATUSES = `
  SELECT connection_id::float8 AS connection, status, ${microsecondsOf('since')} AS since, clock_wrong AS "clockWrong",
         ${microsecondsOf('changed_at')} AS "changedAt"
    FROM node_statuses WHERE connection_id = ANY ($1::bigint[]) OR changed_at > $2::timestamptz`;

/** By the index of open connections, independent of views. */
const CHAINS = `
  WITH node AS (
         SELECT ${chainKeySql()} COLLATE "C" AS key, coalesce(peer_id, id::text) COLLATE "C" AS node,
                min(chain COLLATE "C") AS name, bool_or(authority) AS authority
           FROM peer_connections WHERE ended_at IS NULL AND ${chainKeySql()} IS NOT NULL GROUP BY 1, 2),
       named AS (
         SELECT key, name, count(*) AS nodes, count(*) FILTER (WHERE authority) AS validators
           FROM node GROUP BY key, name)
  SELECT key, (array_agg(name ORDER BY nodes DESC, name))[1] AS name, sum(nodes)::integer AS node_count,
         sum(validators)::integer AS validator_count
    FROM named GROUP BY key ORDER BY node_count DESC, name, key LIMIT $1`;

interface ChainRow {
  /** See `chainKeyOf`. */
  key: string;
  /** The name that most of its nodes report; null if none does. */
  name: string | null;
  node_count: number;
  validator_count: number;
  status_counts: StatusCounts;
}

interface NetworkChangesQuery {
  /** Keys: see `chainKeyOf`. */
  chains: readonly string[];
  known: readonly KnownConnection[];
  /** Also reads reports of the known connections that were stored after this: microseconds since the epoch. */
  readFrom?: number;
  /** Ids of messages to skip. */
  knownIds?: readonly string[];
}

export interface NetworkChanges {
  connections: ConnectionRow[];
  gone: number[];
  /** Sorted by the time of reception. */
  reports: ReportRow[];
  /** Of all chains. */
  statuses: StatusRow[];
  /** By chain. */
  totals: Map<string, NodeTotal>;
  now: number;
}

/** A connection that is open, known, or both, with the total of its chain; or only a total. */
type Difference = (ConnectionRow | { [column in keyof ConnectionRow]: null }) & {
  knownId: number | null;
} & (({ totalOf: string } & NodeTotal) | { totalOf: null });

/** Reads the state of chains: complete, or only changes. */
@Injectable()
export class NetworkReadModel {
  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: Settings,
  ) {}

  /** @throws see {@link ReadTransaction.run} */
  async chains(limit: number, signal: AbortSignal): Promise<ChainRow[]> {
    const read = async (transaction: ReadTransaction): Promise<ChainRow[]> => {
      const rows = await transaction.query<Omit<ChainRow, 'status_counts'>>(CHAINS, [limit]);
      const counts = new Map(rows.map(({ key }) => [key, noStatuses()]));
      for (const { chain, status, nodes } of await transaction.query<StatusCount>(STATUS_COUNTS)) {
        const ofChain = counts.get(chain);
        if (ofChain !== undefined) ofChain[status] = nodes;
      }
      return rows.map((row) => ({ ...row, status_counts: counts.get(row.key) ?? noStatuses() }));
    };
    return await ReadTransaction.run(this.dataSource, read, this.options(signal));
  }

  /** @throws see {@link ReadTransaction.run} */
  async changes(query: NetworkChangesQuery, signal: AbortSignal): Promise<NetworkChanges> {
    const read = async (transaction: ReadTransaction): Promise<NetworkChanges> => {
      const { now } = transaction;
      const { chains, known } = query;
      const rows = await transaction.query<Difference>(CONNECTIONS, [
        chains,
        known.map(({ id }) => id),
        known.map(({ revision }) => revision),
      ]);
      const connections = rows.filter((row) => row.id !== null);
      const gone = rows.flatMap(({ id, knownId }) => (id === null && knownId !== null ? [knownId] : []));
      const totals = new Map(
        rows.flatMap((row) =>
          row.totalOf === null
            ? []
            : [[row.totalOf, { nodes: row.nodes, validators: row.validators }] as const],
        ),
      );
      const chainOf = new Map(known.map(({ id, chain }) => [id, chain]));
      // A connection that changed its chain is new there.
      const added = connections.filter(({ id, chain }) => chainOf.get(id) !== chain);
      const ids = added.map(({ id }) => id);
      const reports = [
        ...(await latest(transaction, ids.slice(0, OBSERVERS), BLOCKS_OF_OBSERVER)),
        ...(await latest(transaction, ids.slice(OBSERVERS), BLOCKS)),
      ];
      if (query.readFrom !== undefined) reports.push(...(await newReports(transaction, query)));
      const statuses = await transaction.query<StatusRow>(STATUSES, [ids, changedAfter(query)]);
      return { connections, gone, reports: reports.sort(byReception), statuses, totals, now };
    };
    return await ReadTransaction.run(this.dataSource, read, this.options(signal));
  }

  /** The reports of a sample of nodes of some chains. @throws see {@link ReadTransaction.run} */
  async sample(chains: readonly string[], signal: AbortSignal): Promise<NetworkChanges> {
    const read = async (transaction: ReadTransaction): Promise<NetworkChanges> => {
      const { now } = transaction;
      const sampled = await transaction.query<{ id: string }>(SAMPLE, [chains]);
      const connections = await transaction.query<ConnectionRow & QueryResultRow>(SAMPLED_CONNECTIONS, [
        sampled.map(({ id }) => id),
      ]);
      const blocks = Math.floor(SAMPLED_BLOCKS / Math.max(1, connections.length));
      const ids = connections.map(({ id }) => id);
      const reports = await latest(transaction, ids, Math.min(Math.max(blocks, BLOCKS), BLOCKS_OF_OBSERVER));
      return {
        connections,
        gone: [],
        reports: reports.sort(byReception),
        statuses: [],
        totals: new Map(),
        now,
      };
    };
    return await ReadTransaction.run(this.dataSource, read, this.options(signal));
  }

  private options(signal: AbortSignal): ReadOptions {
    const limitMs = 4 * this.settings.CACHE_UPDATE_TIMEOUT_S * 1000;
    return { limitMs, signal, settings: { enable_seqscan: 'off' } };
  }
}

async function latest(
  transaction: ReadTransaction,
  ids: readonly number[],
  blocks: number,
): Promise<ReportRow[]> {
  return ids.length === 0 ? [] : await transaction.query<ReportRow>(LATEST, [ids, blocks]);
}

async function newReports(
  transaction: ReadTransaction,
  { known, readFrom = NaN, knownIds = [] }: NetworkChangesQuery,
): Promise<ReportRow[]> {
  const { now } = transaction;
  return await transaction.query<ReportRow>(NEW_MESSAGES, [
    changedAfter({ readFrom }),
    timeOf(now - inMicroseconds(NEW_MESSAGE_BEHIND_MS)),
    timeOf(now + inMicroseconds(NEW_MESSAGE_AHEAD_MS)),
    knownIds,
    known.map(({ id }) => id),
  ]);
}

function changedAfter({ readFrom }: Pick<NetworkChangesQuery, 'readFrom'>): string {
  return readFrom === undefined ? 'infinity' : timeOf(readFrom - inMicroseconds(READ_AGAIN_MS));
}

function byReception(one: ReportRow, other: ReportRow): number {
  return one.receivedAt - other.receivedAt || one.id.length - other.id.length || (one.id < other.id ? -1 : 1);
}

/** The total of a chain as an option of a view. */
export function totalIn(totals: ReadonlyMap<string, NodeTotal>, chain: string): { total?: NodeTotal } {
  const total = totals.get(chain);
  return total === undefined ? {} : { total };
}
