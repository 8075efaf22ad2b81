import type { ClientBase } from 'pg';
import { v5 as uuidv5 } from 'uuid';
import { genesisHashOf, sqlInterval, timeText } from '../../storage/index.js';

/** Events of this time before are captured: statistics of a time may be written, or corrected, later. */
const CAPTURED_MS = 6 * 3_600_000;
/** Nodes that are stuck at once, by their share of the chain's nodes: where an event begins, and where it ends. */
const MANY_STUCK = { begins: 0.05, ends: 0.03, least: 2 } as const;
/** Ids of events are derived in this namespace, so that each process gives an event the same id. */
const NAMESPACE = '6d0f2d5a-5a0e-4b57-9d3a-8f1c7f5f2c11';

/** The body of a request. Times are RFC 3339 in UTC with microseconds. */
export interface WebhookEvent {
  id: string;
  type: 'halt' | 'finality_stall' | 'stuck_nodes' | 'gap';
  phase: 'begin' | 'end';
  /** When it began, or ended. */
  time: string;
  began_at: string;
  ended_at: string | null;
  /** Null for a gap. */
  chain: { genesis_hash: string | null; name: string | null } | null;
  /** Of a halt the last height, of a stall the last final one. */
  height?: number;
  /** Nodes that are stuck, and all nodes of the chain. */
  stuck?: number;
  nodes?: number | null;
  /** Why a server process did not see its nodes, and the number of the process. */
  cause?: string;
  collector?: number;
}

/** `key` tells it from others of its type and phase. */
type Candidate = Omit<WebhookEvent, 'id'> & { key: string; chainId: number | null };

interface SpanRow {
  chainId: number;
  key: string;
  name: string | null;
  kind: 'halt' | 'finality_stall';
  height: number;
  began: string;
  ended: string | null;
  /** Whether it began, and ended, in the time of which events are captured. */
  begins: boolean;
  ends: boolean;
}

/** Spans that are open or ended lately: each chain by the index of chain and end. */
const SPANS = `
  SELECT chains.id AS "chainId", chains.key, chains.name, kind, height::float8 AS height, ${timeText('began_at')} AS began,
         ${timeText('ended_at')} AS ended, began_at >= $1::timestamptz AS begins,
         coalesce(ended_at >= $1::timestamptz, false) AS ends
    FROM chains CROSS JOIN LATERAL (
         SELECT kind, height, began_at, ended_at FROM insight_spans
          WHERE chain_id = chains.id AND (ended_at IS NULL OR ended_at >= $1::timestamptz)
            AND node_id = 0 AND kind IN ('halt', 'finality_stall')) AS span
   ORDER BY began_at, chains.id`;

interface GapRow {
  id: string;
  collector: number;
  cause: string;
  began: string;
  ended: string | null;
  begins: boolean;
  ends: boolean;
}

const GAPS = `
  SELECT id, collector, cause, ${timeText('began_at')} AS began, ${timeText('ended_at')} AS ended,
         began_at >= $1::timestamptz AS begins, coalesce(ended_at >= $1::timestamptz, false) AS ends
    FROM observer_gaps
   WHERE began_at >= $1::timestamptz OR ended_at >= $1::timestamptz
   ORDER BY began_at, id`;

interface StuckRow {
  chainId: number;
  key: string;
  name: string | null;
  stuck: number;
  nodes: number | null;
  at: string;
  /** When the event began that has not ended; null if there is none. */
  since: string | null;
}

/** Chains with stuck nodes, or with such an event, when minutes were closed last. */
const STUCK = `
  WITH state AS (SELECT closed_until FROM insight_state),
  counts AS (
    SELECT chain_id, count(*)::integer AS stuck FROM insight_spans
     WHERE chain_id = ANY (ARRAY(SELECT id FROM chains)) AND ended_at IS NULL AND kind = 'stuck' GROUP BY chain_id
  ), events AS (
    SELECT DISTINCT ON (chain_id) chain_id, phase, body->>'began_at' AS since FROM insight_webhook_events
     WHERE type = 'stuck_nodes' ORDER BY chain_id, number DESC
  )
  SELECT chains.id AS "chainId", key, name, coalesce(stuck, 0) AS stuck, ${timeText('closed_until')} AS at,
         CASE WHEN phase = 'begin' THEN since END AS since,
         (SELECT nodes FROM insight_minutes AS minute
           WHERE minute.chain_id = chains.id AND minute.minute < closed_until
             AND minute.minute >= closed_until - interval '5 min' ORDER BY minute DESC LIMIT 1) AS nodes
    FROM chains CROSS JOIN state LEFT JOIN counts ON counts.chain_id = chains.id
    LEFT JOIN events ON events.chain_id = chains.id
   WHERE stuck > 0 OR phase = 'begin' ORDER BY chains.id`;

/**
 * Writes the events of the tables that are not written yet to `insight_webhook_events`.
 *
 * @param client in a transaction, which the caller ends
 */
export async function captureEvents(client: ClientBase): Promise<void> {
  await client.query('INSERT INTO insight_webhook_state (since) VALUES (now()) ON CONFLICT (id) DO NOTHING');
  const { rows } = await client.query<{ since: string }>(
    `SELECT greatest(since, now() - ${sqlInterval(CAPTURED_MS)})::text AS since FROM insight_webhook_state`,
  );
  const since = rows[0]?.since;
  const spans = (await client.query<SpanRow>(SPANS, [since])).rows.flatMap(spanEvents);
  const gaps = (await client.query<GapRow>(GAPS, [since])).rows.flatMap(gapEvents);
  const stuck = (await client.query<StuckRow>(STUCK)).rows.flatMap(stuckEvents);
  const candidates = [...spans, ...gaps, ...stuck].sort((one, other) => (one.time < other.time ? -1 : 1));
  if (candidates.length === 0) return;
  const ids = candidates.map(({ type, key, phase }) => uuidv5(`${type}/${key}/${phase}`, NAMESPACE));
  const bodies = candidates.map(({ key: _key, chainId: _chainId, ...event }, index) =>
    JSON.stringify({ id: ids[index], ...event }),
  );
  await client.query(
    `INSERT INTO insight_webhook_events (id, type, phase, chain_id, body)
     SELECT id, type, phase, chain_id, body::json
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::text[])
            WITH ORDINALITY AS one (id, type, phase, chain_id, body, place)
      WHERE NOT EXISTS (SELECT FROM insight_webhook_events AS known WHERE known.id = one.id)
      ORDER BY place
     ON CONFLICT (id) DO NOTHING`,
    [
      ids,
      candidates.map(({ type }) => type),
      candidates.map(({ phase }) => phase),
      candidates.map(({ chainId }) => chainId),
      bodies,
    ],
  );
}

function spanEvents({ chainId, key, name, kind, height, began, ended, begins, ends }: SpanRow): Candidate[] {
  const chain = { genesis_hash: genesisHashOf(key), name };
  const both = { key: `${key}/${began}`, chainId, type: kind, began_at: began, chain, height };
  return [
    ...(begins ? [{ ...both, phase: 'begin' as const, time: began, ended_at: null }] : []),
    ...(ends && ended !== null ? [{ ...both, phase: 'end' as const, time: ended, ended_at: ended }] : []),
  ];
}

/** The begin of a gap may be corrected: it is no part of the id. */
function gapEvents({ id, collector, cause, began, ended, begins, ends }: GapRow): Candidate[] {
  const both = {
    key: id,
    chainId: null,
    type: 'gap' as const,
    began_at: began,
    chain: null,
    cause,
    collector,
  };
  return [
    ...(begins ? [{ ...both, phase: 'begin' as const, time: began, ended_at: null }] : []),
    ...(ends && ended !== null ? [{ ...both, phase: 'end' as const, time: ended, ended_at: ended }] : []),
  ];
}

function stuckEvents({ chainId, key, name, stuck, nodes, at, since }: StuckRow): Candidate[] {
  const chain = { genesis_hash: genesisHashOf(key), name };
  const both = {
    key: `${key}/${since ?? at}`,
    chainId,
    type: 'stuck_nodes' as const,
    time: at,
    chain,
    stuck,
    nodes,
  };
  if (since === null) {
    const isMany = nodes !== null && stuck >= MANY_STUCK.least && stuck > MANY_STUCK.begins * nodes;
    return isMany ? [{ ...both, phase: 'begin', began_at: at, ended_at: null }] : [];
  }
  const isOver = nodes === null || stuck <= MANY_STUCK.ends * nodes;
  return isOver ? [{ ...both, phase: 'end', began_at: since, ended_at: at }] : [];
}
