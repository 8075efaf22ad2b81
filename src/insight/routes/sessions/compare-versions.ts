import { InvalidParameterError } from '../../../platform/http/index.js';
import { timeOf } from '../../../storage/index.js';
import {
  comparePairs,
  isPaired,
  MEASURE_NAMES,
  MEASURES,
  type Pair,
  type Values,
} from '../../upgrades/compare-pairs.js';
import { readPairs } from '../../upgrades/read-pairs.js';
import { readUpgrades, type Upgrade } from '../../upgrades/read-upgrades.js';
import { type ChainRead, closedUntilOf, type Fields } from '../chain-reads.js';
import { rounded } from '../series/series.js';
import type { UpgradedNode, VersionComparison } from './compare.dto.js';

/** The old and the new version of a comparison. */
export type TwoVersions = readonly [from: string, to: string];

/**
 * Reads the parameter `compare`: `1.18.0,1.19.0`.
 *
 * @throws InvalidParameterError unless it has two versions, of which none contains the other
 */
export function twoVersionsOf(text: string): TwoVersions {
  const [from = '', to = '', ...more] = text.split(',').map((version) => version.trim());
  if (from === '' || to === '' || more.length > 0)
    throw new InvalidParameterError('compare', 'must be two versions, separated by a comma');
  if (contains(from, to) || contains(to, from))
    throw new InvalidParameterError('compare', 'must be two versions, of which none contains the other');
  return [from, to];
}

function contains(one: string, other: string): boolean {
  return one === other || other.startsWith(`${one}-`) || other.startsWith(`${one}.`);
}

/** Compares nodes before and after their upgrade in a time range. */
export async function compareVersions(
  read: ChainRead,
  versions: TwoVersions,
  limit: number,
): Promise<Fields<VersionComparison>> {
  const { transaction, id, range } = read;
  const closedUntil = await closedUntilOf(read);
  const upgrades = await readUpgrades(transaction, { chain: id, ...range, closedUntil, versions });
  const pairs = await readPairs(transaction, id, upgrades);
  const nodes = upgrades
    .map((upgrade, index) => ({ upgrade, pair: pairs[index] }))
    .filter((node): node is UpgradePair => node.pair !== undefined && isAnyPaired(node.pair));
  return {
    from: versions[0],
    to: versions[1],
    upgrades: upgrades[0]?.total ?? 0,
    pairs: nodes.length,
    measures: (await comparePairs(nodes.map(({ pair }) => pair))).map(({ name, ...change }) => ({
      name,
      unit: MEASURES[name].unit,
      ...change,
    })),
    nodes: nodes.sort(byDelay).slice(0, limit).map(nodeOf),
  };
}

interface UpgradePair {
  upgrade: Upgrade;
  pair: Pair;
}

function isAnyPaired(pair: Pair): boolean {
  return MEASURE_NAMES.some((name) => isPaired(pair, name));
}

/** The nodes whose delay grew most come first, and those of which it is not known last. */
function byDelay(one: UpgradePair, other: UpgradePair): number {
  const growth = ({ pair: { before, after } }: UpgradePair): number =>
    before.propagation_delay === null || after.propagation_delay === null
      ? -Number.MAX_VALUE
      : after.propagation_delay - before.propagation_delay;
  return growth(other) - growth(one) || (one.upgrade.peerId < other.upgrade.peerId ? -1 : 1);
}

function nodeOf({ upgrade, pair }: UpgradePair): Fields<UpgradedNode> {
  return {
    peer_id: upgrade.peerId,
    name: upgrade.name,
    from_version: upgrade.fromVersion,
    to_version: upgrade.toVersion,
    upgraded_at: timeOf(upgrade.at),
    before: shownValues(pair.before),
    after: shownValues(pair.after),
  };
}

function shownValues(values: Values): Values {
  const shown = MEASURE_NAMES.map((name) => {
    const value = values[name];
    return [name, value === null ? null : rounded(value, MEASURES[name].digits)] as const;
  });
  return Object.fromEntries(shown) as Values;
}
