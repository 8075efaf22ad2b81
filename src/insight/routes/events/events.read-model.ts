import { Injectable } from '@nestjs/common';
import { InvalidParameterError } from '../../../platform/http/index.js';
import { microsecondsOf, timeText } from '../../../storage/index.js';
import { hashText, timeSql } from '../../tables/columns.js';
import { NO_NODE } from '../../tables/spans.js';
import { type ChainRead, ChainReads, type Fields, rangeAnswer } from '../chain-reads.js';
import type { ChainEvent, EventsAnswer, StuckAnswer, StuckSpan } from './events.dto.js';
import { EVENT_KINDS, type EventKind, type EventsQuery, type StuckQuery } from './events.query.js';
import { Buckets, RESOLUTIONS } from '../series/series.js';

/** By the index on the chain and the end, open spans first. */
const STUCK = `
  SELECT peer_id, name, kind, ${timeText('began_at')} AS began_at, ${timeText('ended_at')} AS ended_at, height::float8 AS height
    FROM insight_spans AS span JOIN nodes ON nodes.id = span.node_id
   WHERE span.chain_id = $1 AND began_at < ${timeSql('$3')} AND (ended_at IS NULL OR ended_at > ${timeSql('$2')})
     AND kind = ANY ($4::text[]) AND ($5::text IS NULL OR peer_id = $5)
   ORDER BY span.began_at DESC, span.node_id, kind LIMIT $6`;

/**
 * The events of one source: at, ended_at, kind, node_id, key (unique at a time), cause, height, hash, version, previous,
 * number. Parameters: chain, range, kinds, node, limit, and the event to continue after.
 */
interface Source {
  kinds: readonly EventKind[];
  from: string;
  at: string;
  node: string;
  key: string;
  where: string;
  ended?: string;
  kind?: string;
  cause?: string;
  height?: string;
  hash?: string;
  version?: string;
  previous?: string;
  number?: string;
}

const SOURCES: readonly Source[] = [
  {
    kinds: ['node_began'],
    from: 'insight_sessions AS one',
    at: 'one.began_at',
    node: 'one.node_id',
    key: 'one.connection_id',
    where: 'one.chain_id = $1 AND NOT one.beside_another',
    version: 'one.version',
  },
  {
    kinds: ['node_ended'],
    from: 'insight_sessions AS one',
    // As the index has it.
    at: `coalesce(one.ended_at, 'infinity'::timestamptz)`,
    node: 'one.node_id',
    key: 'one.connection_id',
    where: `one.chain_id = $1 AND one.ended_at IS NOT NULL AND one.end_cause IS DISTINCT FROM 'handed_over'`,
    cause: 'one.end_cause',
    version: 'NULL',
  },
  {
    kinds: ['version_changed'],
    from: `insight_sessions AS one
      CROSS JOIN LATERAL (SELECT before.version FROM insight_sessions AS before
                           WHERE before.node_id = one.node_id AND before.began_at < one.began_at
                           ORDER BY before.began_at DESC LIMIT 1) AS previous`,
    at: 'one.began_at',
    node: 'one.node_id',
    key: 'one.connection_id',
    where: 'one.chain_id = $1 AND previous.version <> one.version',
    version: 'one.version',
    previous: 'previous.version',
  },
  {
    kinds: ['stuck', 'finality_stuck', 'behind', 'halt', 'finality_stall'],
    from: 'insight_spans AS one',
    at: 'one.began_at',
    ended: 'one.ended_at',
    node: `nullif(one.node_id, ${NO_NODE.toString()})`,
    kind: 'one.kind',
    key: 'one.node_id',
    where: 'one.chain_id = $1 AND one.kind = ANY ($4::text[])',
    height: 'one.height',
  },
  {
    kinds: ['block_lost'],
    from: 'insight_blocks AS one',
    at: 'one.first_seen_at',
    node: 'one.author_id',
    key: "encode(one.hash, 'hex')",
    // As the index has it.
    where: 'one.chain_id = $1 AND one.canonical IS NOT TRUE AND one.canonical IS NOT NULL',
    height: 'one.height',
    hash: hashText('one.hash'),
  },
  {
    kinds: ['clock_step'],
    from: 'insight_node_hours AS one',
    at: 'one.hour',
    node: 'one.node_id',
    key: 'one.node_id',
    where: 'one.chain_id = $1 AND one.clock_steps > 0',
    number: 'one.clock_steps',
  },
  {
    kinds: ['gap'],
    from: 'observer_gaps AS one',
    at: 'one.began_at',
    ended: 'one.ended_at',
    node: 'NULL::integer',
    key: 'one.id',
    where: 'true',
    cause: 'one.cause',
    number: 'one.collector',
  },
];

function eventsOf(source: Source): string {
  const { from, at, node, key, where, ended = 'NULL::timestamptz' } = source;
  const kind = source.kind ?? `'${source.kinds[0] ?? ''}'`;
  const full = `${kind} || '/' || ${key}::text`;
  return `
    (SELECT ${at} AS at, ${ended} AS ended_at, ${kind} AS kind, ${node} AS node_id, ${full} AS key,
            ${source.cause ?? 'NULL'} AS cause, ${source.height ?? 'NULL'}::float8 AS height, ${source.hash ?? 'NULL'} AS hash,
            ${source.version ?? 'NULL'} AS version, ${source.previous ?? 'NULL'} AS previous_version,
            ${source.number ?? 'NULL'}::float8 AS number
       FROM ${from}
      WHERE ${where} AND ARRAY[${source.kinds.map((one) => `'${one}'`).join(', ')}] && $4::text[]
        AND ${at} >= ${timeSql('$2')} AND ${at} < ${timeSql('$3')}
        AND ($5::integer IS NULL OR ${node} = $5)
        AND ($7::float8 IS NULL OR ${at} <= timestamptz 'epoch' + $7 * interval '1 microsecond')
        AND ($7::float8 IS NULL OR ${at} < timestamptz 'epoch' + $7 * interval '1 microsecond' OR ${full} > $8)
      ORDER BY 1 DESC, 5 LIMIT $6)`;
}

const EVENTS = `
  SELECT ${timeText('event.at')} AS at, ${timeText('event.ended_at')} AS ended_at, kind, nodes.peer_id, nodes.name, cause, height,
         hash, version, previous_version, number, ${microsecondsOf('event.at')}::bigint || '-' || key AS cursor
    FROM (SELECT * FROM (${SOURCES.map(eventsOf).join(' UNION ALL ')}) AS found ORDER BY at DESC, key LIMIT $6) AS event
    LEFT JOIN nodes ON nodes.id = event.node_id
   ORDER BY event.at DESC, key`;

/** Reads what happened to a chain: from spans, sessions, blocks, clocks and gaps. */
@Injectable()
export class EventsReadModel {
  constructor(private readonly reads: ChainReads) {}

  /** @throws as ChainReads.read does */
  stuck(chain: string, query: StuckQuery): Promise<Fields<StuckAnswer>> {
    return this.reads.read(chain, query, async (read) => {
      const { transaction, id, range } = read;
      const { kind, peer_id: peer = null, limit } = query;
      const spans = await transaction.query<StuckSpan>(STUCK, [id, range.from, range.to, kind, peer, limit]);
      return { ...rangeAnswer(read, await expectedNodes(read)), spans };
    });
  }

  /** @throws as ChainReads.read does, and InvalidParameterError for a cursor that no event has */
  events(chain: string, query: EventsQuery): Promise<Fields<EventsAnswer>> {
    const after = query.cursor === undefined ? undefined : parseCursor(query.cursor);
    return this.reads.read(chain, query, async (read) => {
      const { transaction, id, range } = read;
      const node = query.peer_id === undefined ? null : await nodeOf(read, query.peer_id);
      const parameters = [
        id,
        range.from,
        range.to,
        query.kind,
        node,
        query.limit,
        after?.at ?? null,
        after?.key ?? null,
      ];
      // A node that is not known has no events.
      const events = node === undefined ? [] : await transaction.query<ChainEvent>(EVENTS, parameters);
      return { ...rangeAnswer(read, await expectedNodes(read)), events };
    });
  }
}

/** The most nodes that reported in any part of the range; null if none did. */
async function expectedNodes({ transaction, id, range }: ChainRead): Promise<number | null> {
  const buckets = Buckets.of(range, 'auto');
  const { table, column } = RESOLUTIONS[buckets.resolution];
  const [row] = await transaction.query<{ nodes: number | null }>(
    `SELECT max(nodes) AS nodes FROM ${table}
      WHERE chain_id = $1 AND ${column} >= ${timeSql('$2')} AND ${column} < ${timeSql('$3')}`,
    [id, buckets.from, buckets.to],
  );
  return row?.nodes ?? null;
}

/** Undefined if no node of the chain has the peer id. */
async function nodeOf({ transaction, id }: ChainRead, peerId: string): Promise<number | undefined> {
  const rows = await transaction.query<{ id: number }>(
    'SELECT id FROM nodes WHERE chain_id = $1 AND peer_id = $2',
    [id, peerId],
  );
  return rows[0]?.id;
}

/** `1767322800000000-halt/0`: the time in microseconds since the epoch, the kind, and what tells apart events of a time. */
function parseCursor(cursor: string): { at: number; key: string } {
  const [, at, key = '', kind = ''] = /^(\d{1,16})-(([a-z_]+)\/[\da-f-]+)$/.exec(cursor) ?? [];
  if (at === undefined || !EVENT_KINDS.some((one) => one === kind)) {
    throw new InvalidParameterError('cursor', 'must be the cursor of an event');
  }
  return { at: Number(at), key };
}
