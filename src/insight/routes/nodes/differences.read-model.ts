import { Injectable } from '@nestjs/common';
import { InvalidParameterError } from '../../../platform/http/index.js';
import { countQuantile, DAY_US } from '../../aggregate/index.js';
import { attributesOf, type Subject } from '../../differences/attributes.js';
import { compareGroups, type Difference } from '../../differences/compare-groups.js';
import { AddressLabels } from '../../settings/index.js';
import { type ChainRead, ChainReads, type Fields, rangeAnswer } from '../chain-reads.js';
import { CONDITIONS } from './conditions.js';
import type { DifferencesAnswer, DifferencesQuery, NodeDifference } from './differences.dto.js';
import { type NodeHours, nodeHours } from './node-hours.js';
import { benchmarks, type RangeNode, rangeNodes } from './range-nodes.js';
import { rounded } from '../series/series.js';

const MAX_DAYS = 7;
const MAX_LISTED = 200;

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
      const hours = await nodeHours(read);
      const ids = await groupOf(read, query, { nodes, hours });
      const group = nodes.filter(({ id }) => ids.has(id));
      const differences = compareGroups(
        attributesOf(await subjectsOf(read, { nodes, hours }, this.labels)),
        ids,
      );
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

/** Of the nodes in a time range. */
interface Known {
  nodes: readonly RangeNode[];
  hours: readonly NodeHours[];
}

async function groupOf(
  read: ChainRead,
  { peer_id, condition }: DifferencesQuery,
  { nodes, hours }: Known,
): Promise<ReadonlySet<number>> {
  if (condition !== undefined) return await CONDITIONS[condition](read, hours);
  const wanted = new Set(peer_id);
  return new Set(nodes.filter(({ peerId }) => wanted.has(peerId)).map(({ id }) => id));
}

async function subjectsOf(
  read: ChainRead,
  { nodes, hours }: Known,
  labels: AddressLabels,
): Promise<Subject[]> {
  const measured = await benchmarks(read);
  const byNode = new Map(hours.map((row) => [row.node, row]));
  return nodes.map((node) => {
    const hour = byNode.get(node.id);
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

function peersRatio({ peersBins, peersMax }: NodeHours): number | null {
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
