import type { BlockStats } from './chain-blocks.js';
import type { FinalHeight } from './chain-finality.js';
import type { StateStats } from './chain-states.js';
import { minuteOf } from './observation.js';
import type { MinuteBands } from './peer-bands.js';
import { BIN_COUNT, median, quantile, sortedNumbers } from './quantiles.js';

/** One minute of a chain. Delays and durations are milliseconds. */
export interface ChainMinute extends Omit<StateStats, 'best' | 'finalized'> {
  best: number | null;
  finalized: number | null;
  /** Blocks first seen in this minute, with siblings; and heights that had no block before. */
  blocks: number;
  heights: number;
  /** Between the first block of a height and that of the height before, where both were seen. */
  blockTimeP50Ms: number | null;
  blockTimeP95Ms: number | null;
  /** Of all blocks of the minute together: expected arrivals, those that came, and their delays. */
  expectedArrivals: number;
  arrivals: number;
  propagationP50Ms: number | null;
  propagationP90Ms: number | null;
  propagationP95Ms: number | null;
  propagationP99Ms: number | null;
  /** The median of the spreads of its blocks. */
  spreadP50Ms: number | null;
  bins: readonly number[];
  /** Heights that became final in this minute, and how long that took from their first block. */
  finalHeights: number;
  timeToFinalityP50Ms: number | null;
  timeToFinalityP90Ms: number | null;
  /** Nodes by their peers, divided by the most that they had: see `peerBands`. Null if none reported its peers. */
  peerBands: readonly number[] | null;
}

interface Parts {
  states: readonly StateStats[];
  peers: readonly MinuteBands[];
  /** Those that were first seen in the time range. */
  blocks: readonly BlockStats[];
  /** When any block of a height was first seen; undefined if none was. */
  firstSeenOf: (height: number) => number | undefined;
  finalHeights: readonly FinalHeight[];
}

/** The minutes of one chain of which anything is known. */
export function chainMinutes(chain: number, parts: Parts): ChainMinute[] {
  const minutes = new Set<number>();
  for (const { minute } of [...parts.states, ...parts.peers]) minutes.add(minute);
  for (const { firstSeenAt } of parts.blocks) minutes.add(minuteOf(firstSeenAt));
  for (const { finalizedAt } of parts.finalHeights) minutes.add(minuteOf(finalizedAt));
  return Array.from(sortedNumbers(minutes), (minute) => {
    const blocks = parts.blocks.filter(({ firstSeenAt }) => minuteOf(firstSeenAt) === minute);
    const finals = parts.finalHeights.filter(({ finalizedAt }) => minuteOf(finalizedAt) === minute);
    const times = new Map(
      blocks.map(({ height, firstSeenAt }) => [height, parts.firstSeenOf(height) ?? firstSeenAt] as const),
    );
    const heights = [...times].filter(([, at]) => minuteOf(at) === minute);
    const blockTimes = sortedNumbers(
      heights.flatMap(([height, at]) => {
        const before = parts.firstSeenOf(height - 1);
        return before === undefined ? [] : [(at - before) / 1000];
      }),
    );
    const delays = sortedNumbers(
      finals
        .filter(({ expected }) => expected > 0)
        .map(({ finalizedAt, firstSeenAt }) => (finalizedAt - firstSeenAt) / 1000),
    );
    const state = parts.states.find((one) => one.minute === minute);
    return {
      chain,
      minute,
      nodes: state?.nodes ?? 0,
      best: state?.best ?? null,
      finalized: state?.finalized ?? null,
      lagP50: state?.lagP50 ?? null,
      lagP90: state?.lagP90 ?? null,
      blocks: blocks.length,
      heights: heights.length,
      blockTimeP50Ms: quantile(blockTimes, 0.5),
      blockTimeP95Ms: quantile(blockTimes, 0.95),
      ...propagation(blocks),
      finalHeights: finals.length,
      timeToFinalityP50Ms: quantile(delays, 0.5),
      timeToFinalityP90Ms: quantile(delays, 0.9),
      peerBands: parts.peers.find((one) => one.minute === minute)?.bands ?? null,
    };
  });
}

type Propagation = Pick<
  ChainMinute,
  | 'expectedArrivals'
  | 'arrivals'
  | 'propagationP50Ms'
  | 'propagationP90Ms'
  | 'propagationP95Ms'
  | 'propagationP99Ms'
  | 'spreadP50Ms'
  | 'bins'
>;

function propagation(blocks: readonly BlockStats[]): Propagation {
  const expected = blocks.reduce((sum, block) => sum + block.expected.length, 0);
  const arrivals = blocks.reduce((sum, { arrived }) => sum + arrived, 0);
  const delays = delaysOf(blocks, expected).subarray(0, arrivals);
  const bins = new Array<number>(BIN_COUNT).fill(0);
  for (const block of blocks)
    for (const [index, count] of block.bins.entries()) bins[index] = (bins[index] ?? 0) + count;
  return {
    expectedArrivals: expected,
    arrivals,
    propagationP50Ms: quantile(delays, 0.5, expected),
    propagationP90Ms: quantile(delays, 0.9, expected),
    propagationP95Ms: quantile(delays, 0.95, expected),
    propagationP99Ms: quantile(delays, 0.99, expected),
    spreadP50Ms: median(blocks.map(({ spreadMs }) => spreadMs).filter((spread) => spread !== null)),
    bins,
  };
}

/** Ascending, and NaN at the end for the expected nodes at which blocks did not arrive. */
function delaysOf(blocks: readonly BlockStats[], expected: number): Float64Array {
  const delays = new Float64Array(expected);
  let start = 0;
  for (const { delaysMs } of blocks) {
    delays.set(delaysMs, start);
    start += delaysMs.length;
  }
  return delays.sort();
}
