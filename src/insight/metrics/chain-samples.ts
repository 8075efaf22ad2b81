import { NODE_STATUSES, type NodeStatus, type StatusCount } from '../../network/index.js';
import { binQuantile, DAY_US, HOUR_US, MINUTE_US, PEER_BANDS } from '../aggregate/index.js';
import { depthOf, type Fork, type RivalBlock } from '../forks/index.js';
import type { KnownTime } from '../known-time.js';
import { type ChainSetting, isBelow } from '../settings/index.js';
import type { ChurnRow, ClockRow, HourRow, MinuteRow, VersionRow } from './chain-rows.js';
import type { Sample } from './chain-gauges.js';

/** Values of a minute count for so long. */
const CURRENT_US = 5 * MINUTE_US;
/** Of the last hour, at least so many minutes must be known. */
const LEAST_MINUTES = 30;
/** Of the seven days before, at least so many must be known. */
const LEAST_DAYS = 3;
/** A fork counts for so long after its last block. */
const FORK_US = 10 * MINUTE_US;
const SPAN_KINDS = ['halt', 'finality_stall', 'stuck', 'finality_stuck', 'behind'] as const;

/** What the tables have of a chain. */
export interface ChainFacts {
  setting: ChainSetting;
  /** Up to when messages are aggregated: microseconds since the epoch. */
  at: number;
  /** Of the day before. */
  known: KnownTime;
  /** Whole minutes of the last hour, and hours of the last week. Ascending. */
  minutes: readonly MinuteRow[];
  hours: readonly HourRow[];
  /** When the highest block was first seen. */
  bestAt: number | undefined;
  openSpans: ReadonlyMap<string, number>;
  versions: readonly VersionRow[];
  /** Of connected nodes; undefined if no server determines statuses. */
  statuses: readonly StatusCount[] | undefined;
  /** Nodes that were connected in the last hour, and are not. */
  offline: number;
  /** Those of the last hour. Times are microseconds since the epoch. */
  forks: readonly Fork<RivalBlock>[];
  churn: ChurnRow | undefined;
  restarting: number;
  /** Undefined if nothing is known of clocks. */
  wrongClocks: ClockRow | undefined;
}

/** The length of a slot in milliseconds: as set, or else the usual block time, to a tenth of a second. */
export function slotMs({
  setting,
  minutes,
  hours,
}: Pick<ChainFacts, 'setting' | 'minutes' | 'hours'>): number | null {
  if (setting.slot_ms !== undefined) return setting.slot_ms;
  const last = hours.at(-1)?.hour ?? 0;
  const ofDay = timesOf(hours.filter(({ hour }) => hour > last - DAY_US));
  const times = ofDay.length > 0 ? ofDay : timesOf(minutes);
  const middle = times[(times.length - 1) >> 1];
  return middle === undefined ? null : Math.max(100, Math.round(middle / 100) * 100);
}

function timesOf(rows: readonly { blockTimeP50Ms: number | null }[]): number[] {
  return rows
    .flatMap(({ blockTimeP50Ms: time }) => (time === null ? [] : [time]))
    .sort((one, other) => one - other);
}

/** The values of the metrics of a chain. */
export function chainSamples(facts: ChainFacts): Sample[] {
  const { setting, openSpans, restarting, churn, wrongClocks } = facts;
  const slot = slotMs(facts);
  return [
    { gauge: 'nodes', value: newest(facts, ({ nodes }) => (nodes > 0 ? nodes : null)) },
    ...statusSamples(facts),
    { gauge: 'lag', value: newest(facts, ({ lagP50 }) => lagP50), labels: { quantile: '0.5' } },
    { gauge: 'lag', value: newest(facts, ({ lagP90 }) => lagP90), labels: { quantile: '0.9' } },
    { gauge: 'lagBound', value: setting.finality_lag },
    {
      gauge: 'timeToFinality',
      value: seconds(newest(facts, ({ timeToFinalityP50Ms }) => timeToFinalityP50Ms)),
      labels: { quantile: '0.5' },
    },
    { gauge: 'bestAge', value: bestAge(facts) },
    { gauge: 'slot', value: seconds(slot) },
    { gauge: 'missing', value: slot === null ? null : missingRatio(facts, slot) },
    ...SPAN_KINDS.map((kind): Sample => ({
      gauge: 'openSpans',
      value: openSpans.get(kind) ?? 0,
      labels: { kind },
    })),
    {
      gauge: 'propagation',
      value: seconds(newest(facts, ({ propagationP90Ms }) => propagationP90Ms)),
      labels: { quantile: '0.9' },
    },
    { gauge: 'usualPropagation', value: seconds(usualPropagation(facts)), labels: { quantile: '0.9' } },
    {
      gauge: 'peers',
      value: newest(facts, ({ peerBands }) => (peerBands === null ? null : bandMedian(peerBands))),
      labels: { quantile: '0.5' },
    },
    { gauge: 'wrongClocks', value: wrongClocks?.over500Ms ?? null, labels: { over: '500ms' } },
    { gauge: 'wrongClocks', value: wrongClocks?.overThird ?? null, labels: { over: 'third_of_slot' } },
    { gauge: 'ended', value: churn === undefined ? null : churn.ended / churn.nodes },
    { gauge: 'restarting', value: churn === undefined ? null : restarting },
    ...orphanSamples(facts),
    { gauge: 'forkDepth', value: forkDepth(facts) },
    ...versionSamples(facts),
  ];
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

/** The value of the last minute that has one. */
function newest({ minutes, at }: ChainFacts, valueOf: (row: MinuteRow) => number | null): number | null {
  for (const row of [...minutes].reverse()) {
    if (row.minute < at - CURRENT_US) return null;
    const value = valueOf(row);
    if (value !== null) return value;
  }
  return null;
}

/** Time in which nothing could be seen does not count. */
function bestAge({ bestAt, at, known }: ChainFacts): number | null {
  if (bestAt === undefined) return null;
  const seen = Math.min(bestAt, at);
  const from = Math.max(seen, at - DAY_US);
  return (from - seen + known.share(from, at) * (at - from)) / 1e6;
}

/** Of the minutes that are known as a whole. */
function missingRatio({ minutes, known }: ChainFacts, slot: number): number | null {
  const whole = minutes.filter(
    ({ minute, nodes }) => nodes > 0 && known.share(minute, minute + MINUTE_US) === 1,
  );
  if (whole.length < LEAST_MINUTES) return null;
  const heights = whole.reduce((sum, row) => sum + row.heights, 0);
  return Math.max(0, 1 - (heights * slot) / (whole.length * 60_000));
}

/** By the sum of bins: quantiles cannot be averaged. */
function usualPropagation({ hours, at }: ChainFacts): number | null {
  const same = hours.filter(({ bins, hour }) => bins !== null && hour < at - HOUR_US);
  if (same.length < LEAST_DAYS) return null;
  const sums = (same[0]?.bins ?? []).map((_, bin) =>
    same.reduce((sum, { bins }) => sum + (bins?.[bin] ?? 0), 0),
  );
  return binQuantile(
    sums,
    0.9,
    same.reduce((sum, { expectedArrivals }) => sum + expectedArrivals, 0),
  );
}

/** The median of ratios, by bands of equal width; within a band ratios are taken as evenly spread. */
function bandMedian(bands: readonly number[]): number | null {
  const half = bands.reduce((sum, count) => sum + count, 0) / 2;
  let before = 0;
  for (const [band, count] of bands.entries()) {
    if (count > 0 && before + count >= half) return (band + (half - before) / count) / PEER_BANDS;
    before += count;
  }
  return null;
}

function statusSamples({ statuses, offline }: ChainFacts): Sample[] {
  const nodes = new Map<NodeStatus, number>(statuses?.map((count) => [count.status, count.nodes]));
  return NODE_STATUSES.map((status) => {
    const value = status === 'offline' ? offline : (nodes.get(status) ?? 0);
    return { gauge: 'statusNodes', value: statuses === undefined ? null : value, labels: { status } };
  });
}

/** A fork is read from its first block on, and counts as long as its last one is new. */
function forkDepth({ forks, at }: ChainFacts): number {
  const isNew = ({ branches }: Fork<RivalBlock>): boolean =>
    branches.some(({ blocks }) => blocks.some(({ firstSeenAt }) => firstSeenAt >= at - FORK_US));
  return Math.max(0, ...forks.filter(isNew).map(depthOf));
}

function orphanSamples({ hours, at }: ChainFacts): Sample[] {
  const whole = hours.filter(({ hour, heights }) => hour + HOUR_US <= at && heights > 0);
  const last = whole.at(-1);
  const before = whole.slice(0, -1);
  const isRecent = last !== undefined && last.hour > at - 3 * HOUR_US;
  const sum = (of: (row: HourRow) => number): number => before.reduce((all, row) => all + of(row), 0);
  return [
    { gauge: 'orphans', value: isRecent ? last.orphans / last.heights : null },
    {
      gauge: 'usualOrphans',
      value: before.length < LEAST_DAYS * 24 ? null : sum((row) => row.orphans) / sum((row) => row.heights),
    },
  ];
}

function versionSamples({
  setting: { min_version: least, min_version_at: from },
  versions,
}: ChainFacts): Sample[] {
  if (least === undefined) return [];
  const share = (rows: readonly VersionRow[]): number | null => {
    let [below, all] = [0, 0];
    for (const { version, count } of rows) {
      const isOld = version === null ? undefined : isBelow(version, least);
      if (isOld === undefined) continue;
      all += count;
      if (isOld) below += count;
    }
    return all === 0 ? null : below / all;
  };
  return [
    { gauge: 'belowMinVersion', value: share(versions), labels: { of: 'nodes' } },
    {
      gauge: 'belowMinVersion',
      value: share(versions.filter(({ authority }) => authority)),
      labels: { of: 'authorities' },
    },
    { gauge: 'minVersionAt', value: (from?.getTime() ?? 0) / 1000 },
  ];
}
