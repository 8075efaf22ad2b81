import { Arrivals } from './arrivals.js';
import type { NodeClocks } from './node-clocks.js';
import { MINUTE_US, type Observation } from './observation.js';

/** A later import is that of a node which catches up. */
export const LIVE_US = MINUTE_US;

/** A block as nodes imported it. Those are live that imported it as it spread. Times are microseconds since the epoch. */
export class ImportedBlock {
  private arrivals = new Arrivals();
  /** Nodes that say they made it. */
  private makers: readonly number[] = [];
  /** Until something is added, or clocks are known better. */
  private first: number | undefined;

  constructor(private readonly clocks: NodeClocks) {}

  get isEmpty(): boolean {
    return this.arrivals.size === 0;
  }

  /** When it became the best one of its first node. */
  get firstSeenAt(): number {
    this.first ??= this.arrivals.computeTimes(this.clocks);
    return this.first;
  }

  /** The node that made it; undefined if none says so, or several. */
  get author(): number | undefined {
    return this.makers.length === 1 ? this.makers[0] : undefined;
  }

  isMadeBy(node: number): boolean {
    return this.makers.includes(node);
  }

  /** Whether this is the first import of its node. A block can become the best one of a node again. */
  isFirstImport(observation: Observation): boolean {
    return this.arrivals.isFirst(observation);
  }

  /** When the first import of a node was received; undefined if there is none. */
  receivedAtOf(node: number): number | undefined {
    const row = this.arrivals.rowOf(node);
    return row === undefined ? undefined : this.arrivals.receivedAtOf(row);
  }

  /** Adds the first import of a node, instead of one that was thought to be the first. */
  add(observation: Observation, isOwn: boolean): void {
    const { node } = observation.source;
    this.arrivals.set(observation);
    if (isOwn || this.isMadeBy(node))
      this.makers = [...this.makers.filter((one) => one !== node), ...(isOwn ? [node] : [])];
    this.refresh();
  }

  /** Clocks may be known better than before. */
  refresh(): void {
    this.first = undefined;
  }

  /** When it became the best one of a live node; undefined for others. */
  timeOf(node: number): number | undefined {
    const row = this.liveRowOf(node);
    return row === undefined ? undefined : this.arrivals.timeOf(row);
  }

  /** The server process that a live node was connected to; undefined for others. */
  collectorOf(node: number): number | undefined {
    const row = this.liveRowOf(node);
    return row === undefined ? undefined : this.arrivals.sourceOf(row)?.collector;
  }

  liveNodes(): number[] {
    return this.liveRows().map((row) => this.arrivals.nodeOf(row));
  }

  /** Live nodes in the order in which they got it. */
  liveNodesByTime(): number[] {
    const { arrivals } = this;
    return this.liveRows()
      .sort(
        (one, other) =>
          arrivals.timeOf(one) - arrivals.timeOf(other) || arrivals.nodeOf(one) - arrivals.nodeOf(other),
      )
      .map((row) => arrivals.nodeOf(row));
  }

  /** Addresses that live nodes connect from. */
  addresses(): Set<string | undefined> {
    return new Set(this.liveRows().map((row) => this.arrivals.sourceOf(row)?.address));
  }

  /** Forgets what arrived before a time. @returns whether there was any */
  forget(before: number): boolean {
    const kept = this.arrivals.since(before);
    if (kept === this.arrivals) return false;
    this.arrivals = kept;
    this.makers = this.makers.filter((node) => kept.rowOf(node) !== undefined);
    this.refresh();
    return true;
  }

  private liveRows(): number[] {
    const rows: number[] = [];
    for (let row = 0; row < this.arrivals.size; row += 1) if (this.isLive(row)) rows.push(row);
    return rows;
  }

  private liveRowOf(node: number): number | undefined {
    const row = this.arrivals.rowOf(node);
    return row !== undefined && this.isLive(row) ? row : undefined;
  }

  private isLive(row: number): boolean {
    const { firstSeenAt } = this;
    return this.arrivals.timeOf(row) - firstSeenAt <= LIVE_US;
  }
}
