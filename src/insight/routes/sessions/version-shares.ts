import { shareOf } from '../series/series.js';

/** A version of an implementation. Nodes may report neither. */
export interface Version {
  version: string | null;
  implementation: string | null;
}

/** Which nodes have a version, and since when. Times are microseconds since the epoch. */
export interface VersionShare extends Version {
  /** Nodes at each time that was asked for. */
  counts: number[];
  /** Of all nodes of the implementation, at the last time. */
  share: number | null;
  /** Its first node; null if it was there before. */
  firstAt: number | null;
  /** When half, and nine tenths of the nodes of its implementation had it for the first time; null if it was there before. */
  halfAt: number | null;
  mostAt: number | null;
}

/** A node takes a version; null if it leaves. */
export interface Change {
  at: number;
  node: number;
  to: Version | null;
}

const keyOf = ({ version, implementation }: Version): string => JSON.stringify([implementation, version]);
const isSame = (one: Version, other: Version): boolean =>
  one.version === other.version && one.implementation === other.implementation;

/** How many nodes have each version. */
class Tally {
  readonly versions = new Map<string, VersionShare & { nodes: number }>();
  private readonly totals = new Map<string | null, number>();

  /** @param at null for nodes that are there before */
  add(version: Version, nodes: number, at: number | null): void {
    const key = keyOf(version);
    const known = this.versions.get(key);
    if (known === undefined) {
      const { version: name, implementation } = version;
      const unseen = { counts: [], share: null, halfAt: null, mostAt: null };
      this.versions.set(key, { version: name, implementation, nodes, firstAt: at, ...unseen });
    } else {
      known.nodes += nodes;
    }
    const { implementation } = version;
    this.totals.set(implementation, (this.totals.get(implementation) ?? 0) + nodes);
  }

  /** Notes what is reached for the first time. */
  reach(at: number): void {
    for (const version of this.versions.values()) {
      if (version.firstAt === null || version.mostAt !== null) continue;
      const share = this.shareOf(version) ?? 0;
      if (share >= 0.5) version.halfAt ??= at;
      if (share >= 0.9) version.mostAt ??= at;
    }
  }

  /** Appends the counts of a time, which is the `index`th. */
  count(index: number): void {
    for (const version of this.versions.values()) {
      while (version.counts.length < index) version.counts.push(0);
      version.counts.push(version.nodes);
    }
  }

  /** Those that had any node, the most used first. */
  result(): VersionShare[] {
    return [...this.versions.values()]
      .filter(({ counts }) => counts.some((count) => count > 0))
      .sort((one, other) => other.nodes - one.nodes || (keyOf(one) < keyOf(other) ? -1 : 1))
      .map(({ nodes, ...version }) => ({ ...version, share: this.shareOf({ ...version, nodes }) }));
  }

  private shareOf({ nodes, implementation }: Version & { nodes: number }): number | null {
    return shareOf(nodes, this.totals.get(implementation) ?? 0);
  }
}

/**
 * From the versions of nodes at the begin, and their changes.
 *
 * @param before by node
 * @param changes by time
 * @param times for which nodes are counted, ascending
 */
export function sharesOfChanges(
  before: ReadonlyMap<number, Version>,
  changes: readonly Change[],
  times: readonly number[],
): VersionShare[] {
  const tally = new Tally();
  const current = new Map(before);
  for (const version of before.values()) tally.add(version, 1, null);
  let next = 0;
  for (const [index, time] of times.entries()) {
    for (; next < changes.length; next += 1) {
      const change = changes[next];
      if (change === undefined || change.at >= time) break;
      const { at, node, to } = change;
      const from = current.get(node);
      if (to !== null && from !== undefined && isSame(from, to)) continue;
      if (from !== undefined) tally.add(from, -1, at);
      if (to !== null) tally.add(to, 1, at);
      if (to === null) current.delete(node);
      else current.set(node, to);
      tally.reach(at);
    }
    tally.count(index);
  }
  return tally.result();
}

/** From the nodes of each day. The times are days; what is reached on a day is reached at its begin. */
export function sharesOfDays(
  rows: readonly (Version & { at: number; nodes: number })[],
  times: readonly number[],
): VersionShare[] {
  const tally = new Tally();
  let before: typeof rows = [];
  for (const [index, time] of times.entries()) {
    const today = rows.filter(({ at }) => at === time);
    for (const row of before) tally.add(row, -row.nodes, time);
    for (const row of today) tally.add(row, row.nodes, time);
    tally.reach(time);
    tally.count(index);
    before = today;
  }
  return tally.result();
}
