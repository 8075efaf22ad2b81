import type { ClientBase } from 'pg';
import { microsecondsOf } from '../../storage/index.js';
import { type Aggregation, type Rise, RISES_KEPT_US, type Span } from '../aggregate/index.js';
import { timeSql } from './columns.js';

/** `node_id` of a span of the chain itself. */
export const NO_NODE = 0;

const COLUMNS = `
  chain_id AS chain, nullif(node_id, ${NO_NODE.toString()}) AS node, kind, height::float8 AS height,
  ${microsecondsOf('began_at')} AS "beganAt", ${microsecondsOf('ended_at')} AS "endedAt"`;

/** Of chains with recent blocks: those of the last minutes, and the highest one before. */
const HEIGHTS = `
  SELECT chain_id AS chain, height::float8 AS height, ${microsecondsOf('first_seen_at')} AS at
    FROM insight_blocks
   WHERE first_seen_at >= ${timeSql('$1')} - 2 * $2::float8 * interval '1 microsecond' AND first_seen_at < ${timeSql('$1')}
   ORDER BY first_seen_at, height`;

/**
 * Lets an aggregation continue the spans that were open at a time. Messages of the context before must have been added.
 *
 * @param minute microseconds since the epoch
 */
export async function continueSpans(
  client: ClientBase,
  aggregation: Aggregation,
  minute: number,
): Promise<void> {
  const heights = await client.query<Rise & { chain: number }>(HEIGHTS, [minute, RISES_KEPT_US]);
  const open = await client.query<Span>(
    `SELECT ${COLUMNS} FROM insight_spans
      WHERE began_at < ${timeSql('$1')} AND (ended_at IS NULL OR ended_at >= ${timeSql('$1')})`,
    [minute],
  );
  aggregation.continueSpans(minute, heights.rows, open.rows);
}

/** Writes spans that began, or that ended. */
export async function writeSpans(client: ClientBase, spans: readonly Span[]): Promise<void> {
  if (spans.length === 0) return;
  // The last state of a span that is there twice.
  const last = new Map(
    spans.map((span) => [[span.chain, span.node, span.kind, span.beganAt].join('/'), span] as const),
  );
  await client.query(
    `INSERT INTO insight_spans (chain_id, node_id, kind, began_at, ended_at, height)
     SELECT chain, coalesce(node, ${NO_NODE.toString()}), kind, ${timeSql('"beganAt"')}, ${timeSql('"endedAt"')}, height
       FROM jsonb_to_recordset($1::jsonb) AS span (
         chain integer, node integer, kind text, "beganAt" float8, "endedAt" float8, height bigint)
     ON CONFLICT (chain_id, node_id, kind, began_at) DO UPDATE SET ended_at = excluded.ended_at, height = excluded.height`,
    [JSON.stringify([...last.values()])],
  );
}

/** Removes the spans that began in a time range: microseconds since the epoch. */
export async function removeSpans(client: ClientBase, from: number, to: number): Promise<void> {
  await client.query(
    `DELETE FROM insight_spans WHERE began_at >= ${timeSql('$1')} AND began_at < ${timeSql('$2')}`,
    [from, to],
  );
}

/** The spans that began in a time range and did not end in it. */
export async function spansBeyond(client: ClientBase, from: number, to: number): Promise<Span[]> {
  const { rows } = await client.query<Span>(
    `SELECT ${COLUMNS} FROM insight_spans
      WHERE began_at >= ${timeSql('$1')} AND began_at < ${timeSql('$2')} AND (ended_at IS NULL OR ended_at >= ${timeSql('$2')})`,
    [from, to],
  );
  return rows;
}

/**
 * Gives the spans that began in a time range, and are open at its end, the ends of those that were there before; or ends
 * them there.
 */
export async function endSpansLike(
  client: ClientBase,
  from: number,
  to: number,
  before: readonly Span[],
): Promise<void> {
  await client.query(
    `UPDATE insight_spans AS span SET ended_at = CASE WHEN known.chain IS NULL THEN ${timeSql('$2')} ELSE ${timeSql('known."endedAt"')} END
       FROM insight_spans AS open
       LEFT JOIN jsonb_to_recordset($3::jsonb) AS known (chain integer, node integer, kind text, "endedAt" float8)
         ON known.chain = open.chain_id AND coalesce(known.node, ${NO_NODE.toString()}) = open.node_id AND known.kind = open.kind
      WHERE open.began_at >= ${timeSql('$1')} AND open.began_at < ${timeSql('$2')} AND open.ended_at IS NULL
        AND (span.chain_id, span.node_id, span.kind, span.began_at) = (open.chain_id, open.node_id, open.kind, open.began_at)`,
    [from, to, JSON.stringify(before)],
  );
}
