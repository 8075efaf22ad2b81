import { Injectable } from '@nestjs/common';
import { InvalidParameterError } from '../../../platform/http/index.js';
import { DAY_US, countQuantile, HOUR_US } from '../../aggregate/index.js';
import { attributesOf, type Subject } from '../../differences/attributes.js';
import { compareGroups, type Difference } from '../../differences/compare-groups.js';
import { AddressLabels } from '../../settings/index.js';
import { timeSql } from '../../tables/columns.js';
import { type ChainRead, ChainReads, type Fields, rangeAnswer } from '../chain-reads.js';
import { CONDITIONS, HOURS_IN_RANGE } from './conditions.js';
import type { DifferencesAnswer, DifferencesQuery, NodeDifference } from './differences.dto.js';
import { benchmarks, type RangeNode, rangeNodes } from './range-nodes.js';
import { rounded } from '../series/series.js';

const MAX_DAYS = 7;
const MAX_LISTED = 200;
const PEERS_BEFORE_US = 2 * HOUR_US;

/** Of the last hour of each node in a time range; the most peers also of two hours before. */
const LAST_HOURS = `
  WITH hours AS MATERIALIZED (
    SELECT node_id, max(hour) AS hour, max(peers_max) AS peers_max,
           sum(clock_steps) FILTER (WHERE hour > ${timeSql('$4')} - interval '1 hour') AS clock_steps
      FROM insight_node_hours WHERE ${HOURS_IN_RANGE} GROUP BY node_id
  )
  SELECT node_id AS node, peers_bins AS "peersBins", clock_offset_us / 1000.0::float8 AS "clockOffsetMs",
         hours.peers_max::float8 AS "peersMax", coalesce(hours.clock_steps, 0)::float8 AS "clockSteps"
    FROM hours
   CROSS JOIN LATERAL (SELECT peers_bins, clock_offset_us FROM insight_node_hours AS one
                        WHERE one.chain_id = $1 AND one.node_id = hours.node_id AND one.hour = hours.hour OFFSET 0) AS last`;

interface HourRow {
  node: number;
  peersBins: Buffer;
  peersMax: number | null;
  clockOffsetMs: number | null;
  clockSteps: number;
}

/** Finds in what some nodes differ from the others of their chain. */
@Injectable()
export class DifferencesReadModel {
  constructor(
    private readonly reads: ChainReads,
    private readonly labels: AddressLabels,
  ) {}

  /** @throws InvalidParameterError if the query does not name a group; see also ChainReads.read */
  async read(chain: string, query: DifferencesQuery): Promise<Fields<DifferencesAnswer>> {
    if ((query.peer_id === undefined) === (query.condition === undefined))
      throw new InvalidParameterError('condition', 'or peer_id must be there, and not both');
    return await this.reads.read(chain, query, async (read) => {
      if (read.range.to - read.range.from > MAX_DAYS * DAY_US)
        throw new InvalidParameterError(
          'start_time',
          `must be at most ${MAX_DAYS.toString()} days before the end`,
        );
      const nodes = await rangeNodes(read);
      const ids = await groupOf(read, query, nodes);
      const group = nodes.filter(({ id }) => ids.has(id));
      const differences = compareGroups(attributesOf(await subjectsOf(read, nodes, this.labels)), ids);
      const seen = new Set(nodes.map(({ peerId }) => peerId));
      return {
        ...rangeAnswer(read, nodes.length),
        nodes: group.length,
        peer_ids: group.slice(0, MAX_LISTED).map(({ peerId }) => peerId),
        unknown_peer_ids: [...new Set(query.peer_id)].filter((peerId) => !seen.has(peerId)),
        rest: nodes.length - group.length,
        comparisons: differences.length,
        differences: differences.slice(0, query.limit).map(fieldsOf),
      };
    });
  }
}

async function groupOf(
  read: ChainRead,
  { peer_id, condition }: DifferencesQuery,
  nodes: readonly RangeNode[],
): Promise<ReadonlySet<number>> {
  if (condition !== undefined) return await CONDITIONS[condition](read);
  const wanted = new Set(peer_id);
  return new Set(nodes.filter(({ peerId }) => wanted.has(peerId)).map(({ id }) => id));
}

async function subjectsOf(
  read: ChainRead,
  nodes: readonly RangeNode[],
  labels: AddressLabels,
): Promise<Subject[]> {
  const measured = await benchmarks(read);
  const rows = await read.transaction.query<HourRow>(LAST_HOURS, [
    read.id,
    read.range.from - PEERS_BEFORE_US,
    read.range.to,
    read.range.from,
  ]);
  const hours = new Map(rows.map((row) => [row.node, row]));
  return nodes.map((node) => {
    const hour = hours.get(node.id);
    return {
      ...node,
      label: node.address === null ? null : labels.of(node.address),
      scores: measured.get(node.id) ?? null,
      peersRatio: hour === undefined ? null : peersRatio(hour),
      clockOffsetMs: hour?.clockOffsetMs ?? null,
      clockSteps: hour?.clockSteps ?? 0,
    };
  });
}

function peersRatio({ peersBins, peersMax }: HourRow): number | null {
  const median = countQuantile(peersBins, 0.5);
  if (median === null || peersMax === null) return null;
  return peersMax === 0 ? 0 : median / peersMax;
}

function fieldsOf(difference: Difference): NodeDifference {
  const { attribute, value, having, of, restHaving, restOf, lift, liftMin, p, pCorrected } = difference;
  return {
    attribute,
    value,
    having,
    of,
    rest_having: restHaving,
    rest_of: restOf,
    lift: lift === Infinity ? null : rounded(lift, 3),
    lift_min: rounded(liftMin, 3),
    p: Number(p.toPrecision(3)),
    p_corrected: Number(pCorrected.toPrecision(3)),
  };
}
