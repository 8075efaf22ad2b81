import { Injectable, NotFoundException } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ChainNames } from '../../../chains/index.js';
import { LOG_TABLES, ReadTransaction, timeOf, timeText, typeNumber } from '../../../storage/index.js';
import { KnownTime } from '../../known-time.js';
import { isExpected, nodeTime } from '../../sessions/node-time.js';
import { sessionEnd } from '../../sessions/session-rows.js';
import { timeSql } from '../../tables/columns.js';
import type {
  AvailabilityAnswer,
  Interruption,
  NodeAvailability,
  NodeAvailabilityAnswer,
} from './availability.dto.js';
import type { AvailabilityQuery, NodeAvailabilityQuery } from './availability.query.js';
import { DAY_US } from '../../aggregate/index.js';
import { ChainReads, type Fields, rangeAnswer } from '../chain-reads.js';
import { rangeOf, rounded, shareOf, type TimeRange } from '../series/series.js';

/** A day is computed once an hour, and for the last time in the hour after it. */
const DAY_OVER_US = 7_200_000_000;
/** From so many days on, whole days are read from their table. */
const MIN_DAYS = 2;

/**
 * The times of nodes: of parts of days from their sessions, and of whole days. Parameters: the chain, the range, a peer id
 * or NULL, the peer id after which to continue or NULL, the number of rows, the begins and ends of the parts, and the
 * first day and the one after the last. Times are microseconds since the epoch.
 */
const SUMS = [
  'heard_seconds',
  'up_seconds',
  'known_seconds',
  'expected_seconds',
  'restarts',
  'links_lost',
  'observer_ends',
] as const;
/** The last one of the whole days of a node, by the primary key. */
const lastOf = (column: string): string => `
  (SELECT ${column} FROM insight_node_days
    WHERE node_id = picked.id AND day >= $9::date AND day < $10::date AND ${column} IS NOT NULL ORDER BY day DESC LIMIT 1)`;
const TIMES = `
  WITH picked AS MATERIALIZED (
    SELECT * FROM nodes
     WHERE chain_id = $1 AND ${isExpected('nodes', timeSql('$2'), timeSql('$3'))}
       AND ($4::text IS NULL OR peer_id = $4) AND ($5::text IS NULL OR peer_id > $5)
     ORDER BY peer_id LIMIT $6
  ), parts AS (
    SELECT node_id, to_at, version, implementation, ${SUMS.join(', ')}
      FROM ${nodeTime(`
        SELECT picked.id AS node_id, chain_id, first_seen_at, last_seen_at, from_at, to_at
          FROM picked, unnest($7::float8[], $8::float8[]) AS part (from_us, to_us),
               LATERAL (SELECT ${timeSql('from_us')} AS from_at, ${timeSql('to_us')} AS to_at) AS times
         WHERE ${isExpected('picked', 'from_at', 'to_at')}`)} AS part
     UNION ALL
    SELECT id, $10::date::timestamp AT TIME ZONE 'UTC', ${lastOf('version')}, ${lastOf('implementation')}, ${SUMS.join(', ')}
      FROM picked
     CROSS JOIN LATERAL (
           SELECT ${SUMS.map((sum) => `sum(${sum}) AS ${sum}`).join(', ')}
             FROM insight_node_days WHERE node_id = picked.id AND day >= $9::date AND day < $10::date) AS days
  )
  SELECT picked.peer_id, picked.name, ${SUMS.map((sum) => `coalesce(sum(${sum}), 0)::float8 AS ${sum}`).join(', ')},
         (array_agg(version ORDER BY to_at DESC) FILTER (WHERE version IS NOT NULL))[1] AS version,
         (array_agg(implementation ORDER BY to_at DESC) FILTER (WHERE implementation IS NOT NULL))[1] AS implementation
    FROM picked LEFT JOIN parts ON parts.node_id = picked.id
   GROUP BY picked.id, picked.peer_id, picked.name ORDER BY picked.peer_id`;

type TimesRow = Record<(typeof SUMS)[number], number> & {
  peer_id: string;
  name: string | null;
  version: string | null;
  implementation: string | null;
};

const EXPECTED = `
  SELECT count(*)::integer AS count FROM nodes
   WHERE chain_id = $1 AND ${isExpected('nodes', timeSql('$2'), timeSql('$3'))}`;

const NODE = `
  SELECT nodes.id, nodes.chain_id AS chain, chains.key FROM nodes JOIN chains ON chains.id = nodes.chain_id
   WHERE nodes.chain_id = ANY (ARRAY(SELECT id FROM chains WHERE $2::text IS NULL OR key = $2)) AND peer_id = $1
   ORDER BY nodes.last_seen_at DESC LIMIT 1`;

const MSG = 'system.connected';

/** The first message of a connection, which has its startup time: null once it is purged. */
const greeting = (session: string): string => `
  (SELECT json_build_object('peer_id', connection.peer_id, 'msg', '${MSG}',
                            'created_at', ${timeText('message.created_at')}, 'startup_time', ${session}.startup_time)
     FROM peer_connections AS connection,
          LATERAL (${LOG_TABLES.map(
            (table) => `
            SELECT created_at FROM ${table}
             WHERE peer_connection_id = connection.id AND type = ${typeNumber(MSG).toString()}
               AND created_at >= connection.oldest_created_at
               AND created_at <= connection.oldest_created_at + interval '1 minute'
               AND connection.audit = ${table === 'logs_audit' ? 'true' : 'false'}`,
          ).join(' UNION ALL ')} ORDER BY created_at LIMIT 1) AS message
    WHERE connection.id = ${session}.connection_id AND connection.collector = ${session}.collector)`;

/** From the end of a session to the begin of the next one. By the index of node and end, newest first. */
const INTERRUPTIONS = `
  SELECT json_build_object(
           'began_at', ${timeText('session.ended_at')}, 'ended_at', ${timeText('next.began_at')},
           'cause', coalesce(session.end_cause, 'unknown'), 'restarted', session.restarted,
           'end_reason', session.end_reason,
           'evidence', (SELECT coalesce(json_agg(side), '[]')
                          FROM (VALUES (${greeting('session')}), (${greeting('next')})) AS sides (side)
                         WHERE side IS NOT NULL)) AS interruption
    FROM insight_sessions AS session
    LEFT JOIN LATERAL (
           SELECT * FROM insight_sessions AS later
            WHERE later.node_id = session.node_id AND later.began_at > session.ended_at
            ORDER BY later.began_at, later.connection_id LIMIT 1) AS next ON true
   WHERE session.node_id = $1 AND session.ended_at IS NOT NULL AND session.end_cause IS DISTINCT FROM 'handed_over'
     AND ${sessionEnd('session')} < ${timeSql('$3')}
     AND ${sessionEnd('session')} >= coalesce((
           SELECT max(${sessionEnd('before')}) FROM insight_sessions AS before
            WHERE before.node_id = $1 AND ${sessionEnd('before')} < ${timeSql('$2')}), ${timeSql('$2')})
     AND (next.began_at IS NULL OR next.began_at > ${timeSql('$2')})
   ORDER BY ${sessionEnd('session')} DESC LIMIT $4`;

/** Reads how long nodes were up, of the time that is known. */
@Injectable()
export class AvailabilityReadModel {
  constructor(
    private readonly dataSource: DataSource,
    private readonly names: ChainNames,
    private readonly reads: ChainReads,
  ) {}

  /** The nodes of a chain, by peer id. @throws see ChainReads.read */
  async ofChain(chain: string, query: AvailabilityQuery): Promise<Fields<AvailabilityAnswer>> {
    return await this.reads.read(chain, query, async (read) => {
      const { transaction, id, range, now } = read;
      const page = { peerId: null, after: query.cursor ?? null, limit: query.limit };
      const rows = await timesOf(transaction, { chain: id, range, now, ...page });
      const [expected] = await transaction.query<{ count: number }>(EXPECTED, [id, range.from, range.to]);
      return { ...rangeAnswer(read, expected?.count ?? 0), nodes: rows.map(availabilityOf) };
    });
  }

  /** A node with its interruptions. @throws NotFoundException; see ChainNames.resolve and ReadTransaction.run */
  async ofNode(peerId: string, query: NodeAvailabilityQuery): Promise<Fields<NodeAvailabilityAnswer>> {
    const key = await this.names.resolveOptional(query.chain);
    const found = await ReadTransaction.run(this.dataSource, async (transaction) => {
      const { now } = transaction;
      const [node] = await transaction.query<{ id: number; chain: number; key: string }>(NODE, [
        peerId,
        key ?? null,
      ]);
      if (node === undefined) return undefined;
      const range = rangeOf(query, now);
      const known = await KnownTime.read(transaction, range.from, range.to);
      const page = { peerId, after: null, limit: 1 };
      const [times] = await timesOf(transaction, { chain: node.chain, range, now, ...page });
      const interruptions = await transaction.query<{
        interruption: Interruption;
      }>(INTERRUPTIONS, [node.id, range.from, range.to, query.limit]);
      const none = { peer_id: peerId, name: null, version: null, implementation: null, ...NO_TIMES };
      return {
        ...rangeAnswer({ key: node.key, range, known }, times === undefined ? 0 : 1),
        node: availabilityOf(times ?? none),
        interruptions: interruptions.map(({ interruption }) => interruption),
      };
    });
    if (found === undefined) throw new NotFoundException('There is no node with this peer id.');
    return found;
  }
}

const NO_TIMES = Object.fromEntries(SUMS.map((sum) => [sum, 0])) as Record<(typeof SUMS)[number], number>;

interface Wanted {
  chain: number;
  range: TimeRange;
  now: number;
  peerId: string | null;
  after: string | null;
  limit: number;
}

async function timesOf(
  transaction: ReadTransaction,
  { chain, range, now, peerId, after, limit }: Wanted,
): Promise<TimesRow[]> {
  const { parts, days } = partsOf(range, now);
  return await transaction.query<TimesRow>(TIMES, [
    chain,
    range.from,
    range.to,
    peerId,
    after,
    limit,
    parts.map(({ from }) => from),
    parts.map(({ to }) => to),
    days === undefined ? null : timeOf(days.from).slice(0, 10),
    days === undefined ? null : timeOf(days.to).slice(0, 10),
  ]);
}

/** A range as whole days that are over, and what is left before and after them. */
export function partsOf(
  { from, to }: TimeRange,
  now: number,
): { parts: TimeRange[]; days: TimeRange | undefined } {
  const days = {
    from: Math.ceil(from / DAY_US) * DAY_US,
    to: Math.floor(Math.min(to, now - DAY_OVER_US) / DAY_US) * DAY_US,
  };
  if (days.to - days.from < MIN_DAYS * DAY_US) return { parts: [{ from, to }], days: undefined };
  const parts = [
    { from, to: days.from },
    { from: days.to, to },
  ];
  return { parts: parts.filter((part) => part.to > part.from), days };
}

function availabilityOf(row: TimesRow): Fields<NodeAvailability> {
  const { peer_id, name, version, implementation, restarts, links_lost, observer_ends } = row;
  return {
    peer_id,
    name,
    version,
    implementation,
    availability: share(row.up_seconds, row.known_seconds),
    heard_share: share(row.heard_seconds, row.known_seconds),
    known_share: share(row.known_seconds, row.expected_seconds),
    known_seconds: rounded(row.known_seconds, 1),
    down_seconds: rounded(Math.max(0, row.known_seconds - row.up_seconds), 1),
    restarts,
    links_lost,
    observer_ends,
  };
}

/** Days are summed from seconds that are rounded. */
function share(part: number, whole: number): number | null {
  return shareOf(Math.min(part, whole), whole);
}
