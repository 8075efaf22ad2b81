import type { SentMessage } from './sent-history.js';

export type Row = Record<string, unknown>;

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
export const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length;
export const highest = (numbers: readonly number[]): number =>
  numbers.reduce((most, one) => Math.max(most, one), -Infinity);
export const lowest = (numbers: readonly number[]): number => -highest(numbers.map((one) => -one));

/** To what is the same however it was summed up. */
export const rounded = (number: number): number => Math.round(number * 1e6) / 1e6;

/** Between the two that are nearest. */
export function quantile(share: number, numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const place = share * (sorted.length - 1);
  const [below = NaN, above = below] = sorted.slice(Math.floor(place));
  return below + (above - below) * (place % 1);
}

/** The lower one of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
}

export function grouped<One>(all: Iterable<One>, keyOf: (one: One) => string): Map<string, One[]> {
  const groups = new Map<string, One[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

/**
 * The newest message of each connection within each interval between two points: by the time of the point and the
 * name of the line that it belongs to.
 */
export function newestByPoint(
  sent: readonly SentMessage[],
  intervalMs: number,
  lineOf: (one: SentMessage) => string,
): Map<string, SentMessage[]> {
  const newest = new Map<string, SentMessage>();
  const pointOf = ({ at }: SentMessage): number => Math.floor(at / intervalMs) * intervalMs;
  for (const one of sent) {
    const key = `${pointOf(one)} ${one.connection}`;
    if ((newest.get(key)?.at ?? -Infinity) <= one.at) newest.set(key, one);
  }
  return inOrder(grouped(newest.values(), (one) => `${pointOf(one)} ${lineOf(one)}`));
}

/** Rows of `time`, `metric` and `value`, as {@link newestByPoint} names them. */
export function linesOf(rows: readonly Row[]): Map<string, number> {
  return inOrder(
    new Map(
      rows.map(({ time, metric, value }) => [`${(time as Date).getTime()} ${String(metric)}`, Number(value)]),
    ),
  );
}

const inOrder = <Value>(map: ReadonlyMap<string, Value>): Map<string, Value> =>
  new Map([...map].sort(([one], [other]) => (one < other ? -1 : 1)));

export function mapValues<Value, Mapped>(
  map: ReadonlyMap<string, Value>,
  to: (value: Value) => Mapped,
): Map<string, Mapped> {
  return new Map([...map].map(([key, value]) => [key, to(value)]));
}

/** The lowest reputation of each peer in a network state of either shape. */
export function reputationsIn(logs: Row): Map<string, number> {
  type Nodes = Record<string, { reputation: number }>;
  const { state } = logs as { state: { peerset: { nodes?: Nodes; sets?: { nodes: Nodes }[] } } };
  const found = new Map<string, number>();
  for (const nodes of [state.peerset.nodes ?? {}, ...(state.peerset.sets ?? []).map((set) => set.nodes)]) {
    for (const [peer, { reputation }] of Object.entries(nodes)) {
      found.set(peer, Math.min(found.get(peer) ?? Infinity, reputation));
    }
  }
  return found;
}
