import type { Attributes } from './attributes.js';
import { fisherExact } from './fisher-exact.js';

/** Differences that are more probable by chance are listed after the others. */
const SIGNIFICANT = 0.05;
/** Of the normal distribution: 95 % lie within so many standard deviations. */
const DEVIATIONS = 1.96;
/** A value of fewer nodes says nothing. */
const MIN_NODES = 2;
/** Values of an attribute that are compared: those of most nodes. */
const MAX_VALUES = 50;

/** How often nodes of two groups have a value. Nodes of which the attribute is unknown do not count. */
export interface Difference {
  attribute: string;
  value: string;
  /** Of the group: nodes with the value, and nodes of which the attribute is known. */
  having: number;
  of: number;
  restHaving: number;
  restOf: number;
  /** The share in the group divided by that in the rest; Infinity if no node of the rest has the value. */
  lift: number;
  /** The lower bound of the lift, with a confidence of 95 %. */
  liftMin: number;
  /** How probable such a difference is by chance: Fisher's exact test, two-sided. */
  p: number;
  /** `p` for as many comparisons as there are values: the correction of Bonferroni. */
  pCorrected: number;
}

/**
 * In which values a group of nodes differs from the others.
 *
 * @param group ids of nodes
 * @returns those that are not by chance first; by the lower bound of the lift, which is low for few nodes
 */
export function compareGroups(
  nodes: ReadonlyMap<number, Attributes>,
  group: ReadonlySet<number>,
): Difference[] {
  const attributes = new Set([...nodes.values()].flatMap((values) => [...values.keys()]));
  const found = [...attributes].flatMap((attribute) => compareAttribute(nodes, group, attribute));
  return found
    .map((one) => ({ ...one, pCorrected: Math.min(1, one.p * found.length) }))
    .sort(
      (one, other) =>
        Number(one.pCorrected >= SIGNIFICANT) - Number(other.pCorrected >= SIGNIFICANT) ||
        other.liftMin - one.liftMin ||
        one.p - other.p,
    );
}

/** By the normal distribution of the logarithm of the lift (Katz), with half a node more of each kind, so that none is 0. */
function lowerBound(having: number, of: number, restHaving: number, restOf: number): number {
  const [a, b, c, d] = [having + 0.5, of + 1, restHaving + 0.5, restOf + 1];
  const deviation = Math.sqrt(1 / a - 1 / b + 1 / c - 1 / d);
  return Math.exp(Math.log(a / b / (c / d)) - DEVIATIONS * deviation);
}

function compareAttribute(
  nodes: ReadonlyMap<number, Attributes>,
  group: ReadonlySet<number>,
  attribute: string,
): Omit<Difference, 'pCorrected'>[] {
  const counts = new Map<string, { having: number; restHaving: number }>();
  let [of, restOf] = [0, 0];
  for (const [node, values] of nodes) {
    const own = values.get(attribute);
    if (own === undefined) continue;
    const isIn = group.has(node);
    if (isIn) of += 1;
    else restOf += 1;
    for (const value of own) {
      const count = counts.get(value) ?? { having: 0, restHaving: 0 };
      counts.set(value, count);
      if (isIn) count.having += 1;
      else count.restHaving += 1;
    }
  }
  if (of === 0 || restOf === 0) return [];
  return [...counts]
    .filter(([, { having, restHaving }]) => {
      const total = having + restHaving;
      return total >= MIN_NODES && total < of + restOf;
    })
    .sort(([, one], [, other]) => other.having + other.restHaving - one.having - one.restHaving)
    .slice(0, MAX_VALUES)
    .map(([value, { having, restHaving }]) => ({
      attribute,
      value,
      having,
      of,
      restHaving,
      restOf,
      lift: having / of / (restHaving / restOf),
      liftMin: lowerBound(having, of, restHaving, restOf),
      p: fisherExact([
        [having, of - having],
        [restHaving, restOf - restHaving],
      ]),
    }));
}
