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
import type { NodeTotal } from './chain-header.js';
import type { KnownConnection } from './network-view.js';
import { type ConnectionRow, type ReportRow, REPORTS } from './report-row.js';

/** Names and the like are shown up to this length. */
const MOST_CHARACTERS = 256;
/** Nodes whose last blocks are read for when each block came first, */
const OBSERVERS = 50;
/** and how many of them; of the others so many. */
const BLOCKS_OF_OBSERVER = 25;
const BLOCKS = 2;

/** Nodes in a view, and connections of one node that are looked at: the newest, beside the one that its id is of. */
const VIEW_NODES = 25_000;
const CONNECTIONS_OF_NODE = 16;
/** Connections of a chain that its heights are taken from in the list of chains, */
const SAMPLED = 16;
/** of these, which have been there longest, */
const SAMPLED_FROM = 512;
/** and blocks of each: fewer where there are many chains. */
const SAMPLED_BLOCKS = 2_000;

const short = (column: string): string => `left(${column}, ${MOST_CHARACTERS.toString()}) AS ${column}`;

/** The columns of a connection. */
const COLUMNS = `
         id::float8 AS id, ${chainKeySql()} COLLATE "C" AS chain, left(chain, ${MOST_CHARACTERS.toString()}) AS "chainName", revision, ip_addr AS address,
         ${['peer_id', 'name', 'implementation', 'version'].map(short).join(', ')}, authority,
         startup_time::float8 AS "startupTime", ${microsecondsOf('created_at')} AS "connectedAt",
         ${microsecondsOf('last_message_at')} AS "lastMessageAt"`;

/** The open connections of chains, by `peer_connections_open`. */
const OPEN = `
  SELECT ${COLUMNS}, coalesce(peer_id, id::text) COLLATE "C" AS node
    FROM peer_connections
   WHERE ended_at IS NULL AND ${chainKeySql()} = ANY ($1::text[])`;

/** Which of them a view shows: of the nodes that have been there longest. What a node says now comes by its newest. */
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

/** Those that began, changed or went, against what is known; and how many nodes there are of each chain. */
const CONNECTIONS = `
  ${SHOWN},
       known AS (SELECT * FROM unnest($2::float8[], $3::integer[]) AS known (id, revision)),
       changed AS (
         SELECT shown.*, known.id AS "knownId" FROM shown FULL JOIN known ON known.id = shown.id
          WHERE shown.id IS NULL OR known.id IS NULL OR known.revision <> shown.revision)
  SELECT changed.*, total.* FROM changed FULL JOIN total ON "totalOf" = changed.chain`;

/**
 * A few connections of each chain to go by: of those that have been there longest, some of different addresses before
 * others of one.
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
         ${FIELDS.map((field) => `left(said.${field}, 128) AS ${field}`).join(', ')}`;
const said = (log: string): string => `
   CROSS JOIN LATERAL jsonb_to_record(${log}.logs) AS said (${FIELDS.map((field) => `${field} text`).join(', ')})`;

/** By the index on (`peer_connection_id`, `created_at`, `type`). The bounds leave one or two partitions for each. */
const newest = (msg: NamedMessageType, most: number | string): string => `
         (SELECT id, created_at, received_at, stored_at, peer_connection_id, msg, logs FROM tetcore_logs
           WHERE peer_connection_id = connection.id AND collector = connection.collector
             AND type = ${typeSql(msg)} AND ${mayHave(msg)}
             AND created_at >= connection.newest_created_at - interval '1 hour'
             AND created_at <= connection.newest_created_at + interval '5 min'
           ORDER BY created_at DESC LIMIT ${most})`;

/** The newest of each type, and $2 imports of blocks. A node sends two kinds of `system.interval` in turn. */
const LATEST = `
  ${report('log')}
    FROM peer_connections AS connection
   CROSS JOIN LATERAL (${[
     newest('system.interval', 2),
     newest('block.import', '$2::bigint'),
     newest('notify.finalized', 1),
     newest('txpool.import', 1),
   ].join(' UNION ALL ')}) AS log
  ${said('log')}
   WHERE connection.id = ANY ($1::bigint[])`;

/**
 * What was stored lately, by the BRIN index on `stored_at`; see the news of the feed. Connections are looked at
 * afterwards, or the planner would go through all that they ever said.
 */
const NEWS = `
  WITH news AS MATERIALIZED (
    SELECT id, received_at, stored_at, peer_connection_id, msg, logs FROM tetcore_logs
     WHERE stored_at > $1::timestamptz AND created_at >= $2::timestamptz AND created_at <= $3::timestamptz
       AND type + 0 IN (${REPORTS.map(typeSql).join(', ')}) AND id <> ALL ($4::bigint[])
  )
  ${report('news')}
    FROM news
  ${said('news')}
   WHERE news.peer_connection_id = ANY ($5::bigint[])`;

/** By the same index, whatever the views have. */
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

export interface ChainRow {
  /** See `chainKeyOf`. */
  key: string;
  /** As most of its connections call it; null where none does. */
  name: string | null;
  node_count: number;
  validator_count: number;
}

export interface NetworkQuestion {
  /** Keys: see `chainKeyOf`. */
  chains: readonly string[];
  known: readonly KnownConnection[];
  /** What these reported lately is asked for as well, if it was stored after this: microseconds since the epoch. */
  readFrom?: number;
  /** Ids of messages that need not come again. */
  knownIds?: readonly string[];
}

export interface NetworkChanges {
  connections: ConnectionRow[];
  gone: number[];
  /** In the order in which they were received. */
  reports: ReportRow[];
  /** By chain. */
  totals: Map<string, NodeTotal>;
  now: number;
}

/** A connection that is open, known, or both; and the total of its chain, or only that. */
type Difference = (ConnectionRow | { [column in keyof ConnectionRow]: null }) & {
  knownId: number | null;
} & (({ totalOf: string } & NodeTotal) | { totalOf: null });

/** Reads the state of chains: all of it, or what has changed. */
@Injectable()
export class NetworkReadModel {
  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: Settings,
  ) {}

  /** @throws see {@link ReadTransaction.run} */
  async chains(limit: number, signal: AbortSignal): Promise<ChainRow[]> {
    const read = (transaction: ReadTransaction): Promise<ChainRow[]> => transaction.query(CHAINS, [limit]);
    return await ReadTransaction.run(this.dataSource, read, this.options(signal));
  }

  /** @throws see {@link ReadTransaction.run} */
  async changes(question: NetworkQuestion, signal: AbortSignal): Promise<NetworkChanges> {
    const read = async (transaction: ReadTransaction): Promise<NetworkChanges> => {
      const { now } = transaction;
      const { chains, known } = question;
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
      // One that says that it is of another chain now begins there.
      const begun = connections.filter(({ id, chain }) => chainOf.get(id) !== chain);
      const ids = begun.map(({ id }) => id);
      const reports = [
        ...(await latest(transaction, ids.slice(0, OBSERVERS), BLOCKS_OF_OBSERVER)),
        ...(await latest(transaction, ids.slice(OBSERVERS), BLOCKS)),
      ];
      if (question.readFrom !== undefined) reports.push(...(await news(transaction, question)));
      return { connections, gone, reports: reports.sort(inOrder), totals, now };
    };
    return await ReadTransaction.run(this.dataSource, read, this.options(signal));
  }

  /** What a few nodes of some chains report. @throws see {@link ReadTransaction.run} */
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
      return { connections, gone: [], reports: reports.sort(inOrder), totals: new Map(), now };
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

async function news(
  transaction: ReadTransaction,
  { known, readFrom = NaN, knownIds = [] }: NetworkQuestion,
): Promise<ReportRow[]> {
  const { now } = transaction;
  return await transaction.query<ReportRow>(NEWS, [
    timeOf(readFrom - inMicroseconds(READ_AGAIN_MS)),
    timeOf(now - inMicroseconds(NEW_MESSAGE_BEHIND_MS)),
    timeOf(now + inMicroseconds(NEW_MESSAGE_AHEAD_MS)),
    knownIds,
    known.map(({ id }) => id),
  ]);
}

function inOrder(one: ReportRow, other: ReportRow): number {
  return one.receivedAt - other.receivedAt || one.id.length - other.id.length || (one.id < other.id ? -1 : 1);
}

/** The total of a chain, for a view of it. */
export function totalIn(totals: ReadonlyMap<string, NodeTotal>, chain: string): { total?: NodeTotal } {
  const total = totals.get(chain);
  return total === undefined ? {} : { total };
}
