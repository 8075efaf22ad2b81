import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import { Settings } from '../../../platform/config/index.js';
import { InvalidParameterError } from '../../../platform/http/index.js';
import { deferredRows, timeText } from '../../../storage/index.js';
import { hashText, timeSql } from '../../tables/columns.js';
import type { ArrivalsQuery } from './arrivals.query.js';
import { DAY_US } from '../../aggregate/index.js';
import { type ChainRead, ChainReads, rangeAnswer } from '../chain-reads.js';

/** Delays in an answer: a thousand nodes and six hundred blocks are fewer. */
const MAX_DELAYS = 1_000_000;

/** By the index on the chain and the time, and the primary key of arrivals. */
const ARRIVED = `
  SELECT block.height, block.hash, block.first_seen_at, block.canonical, arrivals.nodes, arrivals.delays_ms
    FROM insight_blocks AS block JOIN insight_arrivals AS arrivals USING (chain_id, height, hash)
   WHERE block.chain_id = $1 AND block.first_seen_at >= ${timeSql('$2')} AND block.first_seen_at < ${timeSql('$3')}
   ORDER BY block.first_seen_at, block.hash`;

/** The times of blocks, and the number of nodes of each. */
const SIZES = `
  SELECT ${timeText('first_seen_at')} AS time, cardinality(nodes) AS nodes FROM (${ARRIVED} LIMIT $4) AS blocks`;

const NODES = `
  SELECT nodes.id, json_build_object('peer_id', peer_id, 'name', name)::text AS node
    FROM nodes WHERE id IN (SELECT unnest(nodes) FROM (${ARRIVED} LIMIT $4) AS blocks) ORDER BY id`;

/** A block, and its delays in the order of nodes: by id, as in the table, so that those of most blocks are a copy. */
const DELAYS = `
  SELECT json_build_object('height', height, 'hash', ${hashText('hash')}, 'first_seen_at', ${timeText('first_seen_at')},
                           'canonical', canonical)::text AS block,
         CASE WHEN nodes = $5::integer[] THEN array_to_json(delays_ms)::text ELSE (SELECT '[' || coalesce(string_agg(
                   CASE WHEN arrival.node IS NULL THEN '-1' ELSE coalesce(delay::text, 'null') END, ',' ORDER BY place), '') || ']'
            FROM unnest($5::integer[]) WITH ORDINALITY AS wanted (node, place)
            LEFT JOIN unnest(nodes, delays_ms) AS arrival (node, delay) USING (node)) END AS delays
    FROM (${ARRIVED} LIMIT $4) AS blocks`;

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
  matrix(chain: string, query: ArrivalsQuery): AsyncIterable<string> {
    return deferredRows(async (signal) => {
      const parts = await this.reads.read(chain, query, (read) => this.parts(read, query.limit), signal);
      return Readable.from(parts) as AsyncIterable<string>;
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
    const nodes = await transaction.query<{ id: number; node: string }>(NODES, [...parameters, count]);
    const rows = await transaction.query<{ block: string; delays: string }>(DELAYS, [
      ...parameters,
      count,
      nodes.map((node) => node.id),
    ]);
    const head = {
      ...rangeAnswer(read, nodes.length),
      next_start_time: sizes[count]?.time ?? null,
    };
    return [
      `${JSON.stringify(head).slice(0, -1)},"nodes":[${nodes.map(({ node }) => node).join(',')}],`,
      `"blocks":[${rows.map(({ block }) => block).join(',')}],"delays_ms":[`,
      ...rows.map(({ delays }, index) => (index === 0 ? delays : `,${delays}`)),
      ']}',
    ];
  }
}
