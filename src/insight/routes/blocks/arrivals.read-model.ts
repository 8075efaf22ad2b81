import { Injectable } from '@nestjs/common';
import type { RowPieces } from '../../../platform/async/index.js';
import { Settings } from '../../../platform/config/index.js';
import { InvalidParameterError } from '../../../platform/http/index.js';
import { deferredRows, onePiece, timeText } from '../../../storage/index.js';
import { hashText, numbersOf, timeSql } from '../../tables/columns.js';
import type { ArrivalsQuery } from './arrivals.query.js';
import { DAY_US } from '../../aggregate/index.js';
import { type ChainRead, ChainReads, rangeAnswer } from '../chain-reads.js';
import { placed } from './placed-delays.js';

/** Delays in an answer: a thousand nodes and six hundred blocks are fewer. */
const MAX_DELAYS = 1_000_000;

/** By the index on the time: not more than are wanted. */
const ARRIVED = `
  SELECT * FROM insight_arrivals
   WHERE chain_id = $1 AND first_seen_at >= ${timeSql('$2')} AND first_seen_at < ${timeSql('$3')}
   ORDER BY first_seen_at, hash LIMIT $4`;

/** The times of blocks, and the number of nodes of each. */
const SIZES = `
  SELECT ${timeText('first_seen_at')} AS time, cardinality(nodes) AS nodes FROM (${ARRIVED}) AS blocks
   ORDER BY blocks.first_seen_at, hash`;

const NODES = `
  SELECT id, json_build_object('peer_id', peer_id, 'name', name)::text AS node
    FROM nodes WHERE id = ANY ($1::integer[]) ORDER BY id`;

/** A block, its nodes and their delays, as texts of arrays: faster than anything that PostgreSQL does with elements. */
const BLOCKS = `
  SELECT json_build_object('height', height, 'hash', ${hashText('hash')}, 'first_seen_at', ${timeText('first_seen_at')},
                           'canonical', canonical)::text AS block, nodes::text AS nodes, delays_ms::text AS delays
    FROM (SELECT arrivals.*, block.canonical
            FROM (${ARRIVED}) AS arrivals
            LEFT JOIN insight_blocks AS block USING (chain_id, height, hash)) AS blocks
   ORDER BY blocks.first_seen_at, hash`;

interface BlockRow {
  block: string;
  /** `{1,2,5}`: ids, ascending. */
  nodes: string;
  /** `{0,412,NULL}` */
  delays: string;
}

/** Reads when each block arrived at each node. */
@Injectable()
export class ArrivalsReadModel {
  constructor(
    private readonly reads: ChainReads,
    private readonly settings: Settings,
  ) {}

  /**
   * @returns parts of the JSON of an ArrivalMatrix, which fail as ChainReads.read does
   */
  matrix(chain: string, query: ArrivalsQuery): RowPieces {
    return deferredRows(async (signal) => {
      const parts = await this.reads.read(chain, query, (read) => this.parts(read, query.limit), signal);
      return onePiece(parts);
    });
  }

  private async parts(read: ChainRead, limit: number): Promise<string[]> {
    const { transaction, id, range, now } = read;
    const { INSIGHT_DETAIL_DAYS: days } = this.settings;
    if (range.from < now - days * DAY_US) {
      throw new InvalidParameterError('start_time', `must be at most ${days.toString()} days ago`);
    }
    const parameters = [id, range.from, range.to];
    const sizes = await transaction.query<{ time: string; nodes: number }>(SIZES, [...parameters, limit + 1]);
    const most = Math.max(1, ...sizes.map(({ nodes }) => nodes));
    const count = Math.min(limit, Math.floor(MAX_DELAYS / most));
    const rows = await transaction.query<BlockRow>(BLOCKS, [...parameters, count]);
    // Most blocks have the nodes of another one.
    const ids = new Map<string, number[]>();
    for (const { nodes } of rows) if (!ids.has(nodes)) ids.set(nodes, numbersOf(nodes));
    const wanted = new Set<number>();
    for (const one of ids.values()) for (const node of one) wanted.add(node);
    const nodes = await transaction.query<{ id: number; node: string }>(NODES, [[...wanted]]);
    const all = nodes.map((node) => node.id);
    const head = {
      ...rangeAnswer(read, nodes.length),
      next_start_time: sizes[count]?.time ?? null,
    };
    return [
      `${JSON.stringify(head).slice(0, -1)},"nodes":[${nodes.map(({ node }) => node).join(',')}],`,
      `"blocks":[${rows.map(({ block }) => block).join(',')}],"delays_ms":[`,
      ...rows.map((row, index) => {
        const delays = row.delays.slice(1, -1).replaceAll('NULL', 'null');
        return `${index === 0 ? '' : ','}[${placed(delays, ids.get(row.nodes) ?? [], all)}]`;
      }),
      ']}',
    ];
  }
}
