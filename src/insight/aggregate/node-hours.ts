import type { BlockStats } from './chain-blocks.js';
import type { NodeClocks } from './node-clocks.js';
import { type NodeHour, NodeHourTable } from './node-hour-table.js';
import type { NodeMinute } from './node-reports.js';
import { HOUR_US, hourOf, minuteOf } from './observation.js';
import { binOf } from './quantiles.js';

/** A node with most peers so long ago is compared with that: of a minute's hour, and of so many before. */
const HOURS_BEFORE = 2;
/** Larger values are those of hostile nodes: sums must stay exact. */
const MAX_BEHIND = 1_000_000;
const MAX_BYTES = 1e12;

/** What is added to hours from one minute. */
export interface MinuteParts {
  minute: number;
  reports: ReadonlyMap<number, NodeMinute>;
  /** Blocks that a node imported. */
  imports: ReadonlyMap<number, number>;
  /** The median best block of the chain; null if it is unknown. */
  best: number | null;
  /** Blocks that were first seen in it. */
  blocks: readonly BlockStats[];
}

/** The hours of the nodes of one chain, from closed minutes, which must be added once and in order. */
export class NodeHours {
  private readonly tables = new Map<number, NodeHourTable>();
  /** The largest numbers of peers in hours that have ended. */
  private readonly maxima = new Map<number, ReadonlyMap<number, number>>();

  constructor(private readonly clocks: NodeClocks) {}

  /** Continues an hour from its stored rows. */
  restore(hour: number, nodes: Iterable<NodeHour>): void {
    const table = this.tableOf(hour);
    for (const node of nodes) table.restore(node);
  }

  /** Sets the largest numbers of peers in an hour that has ended. */
  restoreMaxima(hour: number, maxima: ReadonlyMap<number, number>): void {
    this.maxima.set(hour, maxima);
  }

  add({ minute, reports, imports, best, blocks }: MinuteParts): void {
    const table = this.tableOf(hourOf(minute));
    for (const [node, report] of reports) {
      table.add(node, 'minutes', 1);
      table.add(node, 'imports', imports.get(node) ?? 0);
      addReport(table, node, report, best);
      this.addClock(table, node, minute, report);
    }
    for (const block of blocks) if (minuteOf(block.firstSeenAt) === minute) addBlock(table, block);
  }

  /** All nodes in an hour that has not been forgotten. */
  rows(hour: number): NodeHour[] {
    return this.tables.get(hour)?.rows() ?? [];
  }

  /** The largest number of peers of a node in the hour of a minute, and in two hours before, as far as they are added. */
  peersMax(node: number, minute: number): number {
    let max = 0;
    for (let back = 0; back <= HOURS_BEFORE; back += 1) {
      const hour = hourOf(minute) - back * HOUR_US;
      const table = this.tables.get(hour);
      const known =
        table?.has(node) === true ? table.get(node, 'peersMax') : this.maxima.get(hour)?.get(node);
      if (known !== undefined && known > max) max = known;
    }
    return max;
  }

  get isEmpty(): boolean {
    return this.tables.size === 0 && this.maxima.size === 0;
  }

  /** Ends the hours before a time, and forgets those that no later minute needs. */
  close(before: number): void {
    for (const [hour, table] of this.tables) {
      if (hour + HOUR_US > before) continue;
      this.maxima.set(hour, table.peersMaxima());
      this.tables.delete(hour);
    }
    for (const hour of this.maxima.keys())
      if (hour < hourOf(before) - HOURS_BEFORE * HOUR_US) this.maxima.delete(hour);
  }

  /** After a step the earlier offset means nothing. */
  private addClock(table: NodeHourTable, node: number, minute: number, { sources }: NodeMinute): void {
    const clock = this.clocks.of(node, minute);
    if (clock === undefined) return;
    const trips = sources.map(({ rttUs }) => rttUs ?? Infinity);
    const trip = Math.min(...trips);
    const offset = Math.round((trip === Infinity ? 0 : trip / 2) - clock.differenceUs);
    const known = table.get(node, 'clockOffsetUs');
    if (clock.stepped) table.add(node, 'clockSteps', 1);
    // The fastest message shows the offset best.
    if (clock.stepped || Number.isNaN(known) || offset > known) table.set(node, 'clockOffsetUs', offset);
  }

  private tableOf(hour: number): NodeHourTable {
    const table = this.tables.get(hour) ?? new NodeHourTable();
    this.tables.set(hour, table);
    return table;
  }
}

function addReport(
  table: NodeHourTable,
  node: number,
  { chain, network, chainReports, networkReports }: NodeMinute,
  best: number | null,
): void {
  table.add(node, 'chainReports', chainReports.length);
  table.add(node, 'networkReports', networkReports.length);
  if (chain !== undefined && chain.height !== null) {
    if (chain.finalizedHeight !== null)
      table.addMinute(node, 'lag', Math.max(0, chain.height - chain.finalizedHeight));
    if (chain.txcount !== null) table.addMinute(node, 'txcount', chain.txcount);
    if (best !== null) {
      table.add(node, 'behindMinutes', 1);
      table.add(node, 'behindSum', Math.min(MAX_BEHIND, Math.max(0, best - chain.height)));
    }
  }
  if (network !== undefined && network.peers !== null) {
    table.addMinute(node, 'peers', network.peers);
    const max = table.get(node, 'peersMax');
    if (!(max >= network.peers)) table.set(node, 'peersMax', network.peers);
    table.add(node, 'downloadSum', Math.min(MAX_BYTES, network.download ?? 0));
    table.add(node, 'uploadSum', Math.min(MAX_BYTES, network.upload ?? 0));
  }
}

function addBlock(table: NodeHourTable, { expected, delaysMs }: BlockStats): void {
  for (const [index, node] of expected.entries()) {
    table.add(node, 'expected', 1);
    const delay = delaysMs[index];
    if (delay === undefined || Number.isNaN(delay)) continue;
    table.add(node, 'arrived', 1);
    const bin = binOf(delay);
    if (bin !== undefined) table.addDelay(node, bin);
  }
}
