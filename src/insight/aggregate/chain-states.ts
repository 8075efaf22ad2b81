import { minuteOf, type Observation } from './observation.js';
import { median, quantile, sortedNumbers } from './quantiles.js';

/** A node this far from the median is syncing, or lies about its height. */
const NEAR_BLOCKS = 10;

/** What the nodes of a chain said of their best and final blocks in one minute. */
export interface StateStats {
  chain: number;
  /** Start of the minute: microseconds since the epoch. */
  minute: number;
  /** Nodes that reported their state. */
  nodes: number;
  /** Medians of the nodes. */
  best: number | null;
  finalized: number | null;
  /** Blocks between best and finalized, over the nodes whose best block is near the median. */
  lagP50: number | null;
  lagP90: number | null;
}

interface State {
  at: number;
  height: number;
  finalizedHeight: number | null;
}

/** The states that the nodes of one chain reported in the last minutes: the last one of each node and minute. */
export class ChainStates {
  private readonly byMinute = new Map<number, Map<number, State>>();

  constructor(readonly chain: number) {}

  add({ source: { node }, receivedAt, report }: Observation): void {
    if (report?.kind !== 'state' || report.height === null) return;
    const minute = minuteOf(receivedAt);
    const states = this.byMinute.get(minute) ?? new Map<number, State>();
    this.byMinute.set(minute, states);
    const { height, finalizedHeight } = report;
    const state: State = { at: receivedAt, height, finalizedHeight };
    const known = states.get(node);
    if (known === undefined || isLater(state, known)) states.set(node, state);
  }

  /** The minutes that begin in a time range and in which any node reported its state, ascending. */
  stats(from: number, to: number): StateStats[] {
    return [...this.byMinute]
      .filter(([minute]) => minute >= from && minute < to)
      .sort(([one], [other]) => one - other)
      .map(([minute, states]) => this.minuteStats(minute, [...states.values()]));
  }

  private minuteStats(minute: number, states: readonly State[]): StateStats {
    const best = median(states.map(({ height }) => height));
    const finalizedHeights = states
      .map(({ finalizedHeight }) => finalizedHeight)
      .filter((height) => height !== null);
    const lags = states.flatMap(({ height, finalizedHeight }) =>
      finalizedHeight !== null && best !== null && Math.abs(height - best) <= NEAR_BLOCKS
        ? [Math.max(0, height - finalizedHeight)]
        : [],
    );
    const sorted = sortedNumbers(lags);
    return {
      chain: this.chain,
      minute,
      nodes: states.length,
      best,
      finalized: median(finalizedHeights),
      lagP50: quantile(sorted, 0.5),
      lagP90: quantile(sorted, 0.9),
    };
  }

  get isEmpty(): boolean {
    return this.byMinute.size === 0;
  }

  /** Forgets minutes before this one. */
  forget(before: number): void {
    for (const minute of this.byMinute.keys()) if (minute < before) this.byMinute.delete(minute);
  }
}

/** Two states of one moment are ordered by their values, so that the order in which they are read does not matter. */
function isLater(one: State, other: State): boolean {
  if (one.at !== other.at) return one.at > other.at;
  if (one.height !== other.height) return one.height > other.height;
  return (one.finalizedHeight ?? -1) > (other.finalizedHeight ?? -1);
}
