import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RowPieces } from '../../../platform/async/index.js';
import { InvalidParameterError } from '../../../platform/http/index.js';
import { microsecondsOf, readRows, singleRow, timeText } from '../../../storage/index.js';
import { hashText } from '../../tables/columns.js';
import type { BlocksQuery } from '../insight.query.js';

/** The members of an InsightBlock. */
const FIELDS = `
  'height', block.height, 'hash', ${hashText('block.hash')}, 'parent_hash', ${hashText('block.parent_hash')},
  'siblings', ARRAY(SELECT ${hashText('other.hash')} FROM insight_blocks AS other
                     WHERE other.chain_id = block.chain_id AND other.height = block.height AND other.hash <> block.hash
                     ORDER BY other.hash),
  'first_seen_at', ${timeText('block.first_seen_at')}, 'finalized_at', ${timeText('block.finalized_at')},
  'canonical', block.canonical, 'inferred', block.inferred,
  'author', (SELECT peer_id FROM nodes WHERE nodes.id = block.author_id),
  'reporters', block.reporters, 'expected', block.expected,
  'reach', round(block.arrived / nullif(block.expected, 0)::numeric, 4),
  'p50_ms', block.p50_ms, 'p90_ms', block.p90_ms, 'p95_ms', block.p95_ms, 'p99_ms', block.p99_ms,
  'spread_ms', block.spread_ms, 'single_source', block.single_source,
  'cursor', ${microsecondsOf('block.first_seen_at')}::bigint || '-' || ${hashText('block.hash')}`;

const CHAIN = '(SELECT id FROM chains WHERE key = $1)';

/** Newest first, by the index on the chain and the time. */
const BLOCKS = `
  SELECT json_build_object(${FIELDS})::text AS row
    FROM insight_blocks AS block,
         LATERAL (SELECT coalesce($3::timestamptz, now()) AS end_time) AS range
   WHERE block.chain_id = ${CHAIN} AND block.first_seen_at < range.end_time
     AND block.first_seen_at >= coalesce($2::timestamptz, range.end_time - interval '1 hour')
     AND ($4::float8 IS NULL OR (block.first_seen_at, block.hash) < (timestamptz 'epoch' + $4::float8 * interval '1 microsecond', $5::bytea))
   ORDER BY block.first_seen_at DESC, block.hash DESC LIMIT $6`;

/** Of several blocks of a height the final one, otherwise the one that most nodes imported. */
const BLOCK = `
  SELECT json_build_object(${FIELDS}, 'arrivals', coalesce((
           SELECT json_agg(json_build_object(
                    'peer_id', nodes.peer_id, 'name', nodes.name,
                    'arrived_at', ${timeText("(arrivals.first_seen_at + delay_ms * interval '1 ms')")},
                    'delay_ms', delay_ms) ORDER BY delay_ms, nodes.peer_id)
             FROM insight_arrivals AS arrivals, unnest(arrivals.nodes, arrivals.delays_ms) AS arrival (node, delay_ms)
             JOIN nodes ON nodes.id = arrival.node
            WHERE arrivals.chain_id = block.chain_id AND arrivals.height = block.height AND arrivals.hash = block.hash), '[]'))::text
         AS row
    FROM insight_blocks AS block
   WHERE block.chain_id = ${CHAIN} AND ($2::bigint IS NULL OR block.height = $2) AND ($3::bytea IS NULL OR block.hash = $3)
   ORDER BY block.canonical DESC NULLS LAST, block.reporters DESC, block.hash LIMIT 1`;

/** Reads blocks and their arrivals. Chains are keys: see `chainKeyOf`. */
@Injectable()
export class BlocksReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * @returns the JSON of InsightBlocks, newest first
   * @throws InvalidParameterError for a cursor that no block has
   */
  list(chain: string | undefined, { start_time, end_time, limit, cursor }: BlocksQuery): RowPieces {
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    const values = [
      chain ?? null,
      start_time ?? null,
      end_time ?? null,
      after?.at ?? null,
      after?.hash ?? null,
      limit,
    ];
    return readRows(this.dataSource, { text: BLOCKS, values });
  }

  /**
   * @param block a height, or a hash
   * @returns the JSON of an InsightBlockDetail; undefined if there is no such block
   */
  async find(chain: string, block: string): Promise<string | undefined> {
    const hash = hashOf(block);
    const height = /^\d{1,16}$/.test(block) ? block : null;
    if (hash === undefined && height === null) return undefined;
    return (await singleRow<{ row: string }>(this.dataSource, BLOCK, [chain, height, hash ?? null]))?.row;
  }
}

function hashOf(text: string): Buffer | undefined {
  return /^0x(?:[\da-f]{2}){1,64}$/i.test(text) ? Buffer.from(text.slice(2), 'hex') : undefined;
}

/** `1767322800000000-0x91b1…`: the time in microseconds since the epoch, and the hash. */
function parseCursor(cursor: string): { at: number; hash: Buffer } {
  const [, at, text = ''] = /^(\d{1,16})-(0x.*)$/.exec(cursor) ?? [];
  const hash = hashOf(text);
  if (at === undefined || hash === undefined) {
    throw new InvalidParameterError('cursor', 'must be the cursor of a block');
  }
  return { at: Number(at), hash };
}
