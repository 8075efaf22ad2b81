import { genesisHashOf, timeOf } from '../../storage/index.js';
import { NODE_FIELDS, type NodeField } from '../network.dto.js';
import { BlockTimes, type Header, headerOf, type NodeTotal } from './chain-header.js';
import type { NodeState } from './node-state.js';
import { parseInteger } from '../../platform/json/index.js';
import { type ConnectionRow, type ReportRow, type StatusRow, SYNCING } from './report-row.js';
import { keyOf, ViewNodes } from './view-nodes.js';

/** How long ids that are gone are remembered: microseconds. Clients that are further behind get everything. */
const GONE_US = 600e6;

/** A connection in a view, and its chain when its row was read. */
export interface KnownConnection {
  id: number;
  revision: number;
  chain: string;
}

/** The changes of a chain. */
interface ViewChanges {
  connections: readonly ConnectionRow[];
  /** Ids of connections. */
  gone: readonly number[];
  /** Sorted by the time of reception. */
  reports: readonly ReportRow[];
  /** Changed statuses. */
  statuses?: readonly StatusRow[];
  /** All nodes of the chain; undefined if the view contains all. */
  total?: NodeTotal;
  /** The time of the database when they were read: microseconds since the epoch. */
  now: number;
}

/** The position of a reader in a complete state that is sent in parts. */
export interface ViewPosition {
  /** The stamp of the first part. */
  stamp: number;
  /** The id of the last node that was sent. */
  after: number;
}

export interface NetworkFrame {
  data: Buffer;
  /** Number of nodes; -1 if no requested field changed. */
  rows: number;
  /** The stamp of the reader after this frame. */
  stamp: number;
  /** The position of the next part; undefined after the last one. */
  rest?: ViewPosition;
}

/** Nodes per frame of a complete state. */
const FRAME_NODES = 1_000;
/** Cached frames and pages, shared by readers. */
const MAX_FRAMES = 16;
const MAX_PAGES = 16;
/** How far another server can be ahead: microseconds. Later times are not valid positions. */
const MAX_AHEAD_US = 60_000_000;

/**
 * The current state of the connected nodes of a chain. Changes are stamped with the time of the database, so that a client
 * can continue at another server.
 */
export class NetworkView {
  private nodes = new ViewNodes();
  private gone = new Map<number, number>();
  private blocks = new BlockTimes();
  private readonly readers = new Set<() => void>();
  /** Frames by position and fields, shared by readers. */
  private readonly frames = new Map<string, NetworkFrame>();
  private readonly pages = new Map<string, string>();
  private headerText = '';
  private headerAt = -Infinity;
  private changedAt = -Infinity;
  private name: string | null = null;
  /** All changes after this stamp are known. */
  private knownFrom = Infinity;
  /** How often it was read completely. An update that was requested before the last time is outdated. */
  private fills = 0;
  /** The time of its state by the clock of the database: microseconds since the epoch. */
  stamp = -Infinity;
  /** Whether the last complete read failed. */
  hasFailed = false;
  /** When it was last read and last used, by `performance.now()`. */
  readAt = performance.now();
  usedAt = performance.now();
  header: Header = headerOf([], this.blocks);

  /** @param chain its key: see `chainKeyOf` */
  constructor(readonly chain: string) {}

  get isFilled(): boolean {
    return this.fills > 0;
  }

  get generation(): number {
    return this.fills;
  }

  get isRead(): boolean {
    return this.readers.size > 0;
  }

  /** Number of nodes. */
  get size(): number {
    return this.nodes.size;
  }

  /** Ids of its connections. */
  ids(): IterableIterator<number> {
    return this.nodes.connectionIds();
  }

  /** Its connections. */
  known(): KnownConnection[] {
    return this.nodes.rows().map(({ id, revision }) => ({ id, revision, chain: this.chain }));
  }

  /** @param onChange is called after each change. @returns removes the reader */
  addReader(onChange: () => void): () => void {
    this.readers.add(onChange);
    return () => {
      this.readers.delete(onChange);
      this.usedAt = performance.now();
    };
  }

  /** Replaces the state, unless the current one is newer. */
  fill(changes: ViewChanges): void {
    if (changes.now < this.stamp) return;
    this.nodes = new ViewNodes();
    this.gone = new Map();
    this.blocks = new BlockTimes();
    this.headerText = '';
    this.fills += 1;
    this.update(changes);
    this.knownFrom = this.stamp;
  }

  update({ connections, gone, reports, statuses = [], total, now }: ViewChanges): void {
    this.readAt = performance.now();
    this.stamp = Math.max(now, this.stamp + 1);
    for (const id of gone) this.nodes.end(id);
    for (const row of connections) this.nodes.describe(row);
    this.addReports(reports);
    for (const row of statuses) this.nodes.setStatus(row);
    for (const id of this.nodes.refresh(this.blocks, this.stamp)) {
      this.gone.set(id, (this.changedAt = this.stamp));
    }
    const nodes = this.nodes.all();
    for (const { id } of nodes) this.gone.delete(id);
    this.blocks.prune(now);
    this.pruneGone(now);
    this.updateHeader(nodes, total);
    this.pages.clear();
    this.frames.clear();
    for (const node of nodes) this.changedAt = Math.max(this.changedAt, node.changedAt);
    if (this.changedAt === this.stamp) for (const notify of this.readers) notify();
  }

  /** The stamp of a client with a snapshot of this time: earlier by the overlap, but not so that all must be sent again. */
  startFor(time: number, overlap: number): number {
    const isKnown = this.isFilled && time >= this.knownFrom && time <= this.stamp + MAX_AHEAD_US;
    return isKnown ? Math.max(this.knownFrom, time - overlap) : -Infinity;
  }

  /** JSON of a Network: a page of nodes sorted by id. @param after the id of the last node of the previous page */
  page(limit: number, after = -Infinity): string {
    const key = `${limit.toString()} ${after.toString()}`;
    let text = this.pages.get(key);
    if (text === undefined) {
      const { nodes, rest } = this.nodesAfter(after, limit);
      const parts = [
        ...this.names(this.chain, this.stamp),
        `"header":${this.headerText}`,
        `"nodes":[${nodes.map((node) => node.json(NODE_FIELDS)).join(',')}]`,
        `"next_cursor":${JSON.stringify(rest ?? null)}`,
      ];
      text = `{${parts.join(',')}}`;
      if (this.pages.size < MAX_PAGES) this.pages.set(key, text);
    }
    return text;
  }

  /**
   * The changes after a stamp; the complete state if they are unknown or for -Infinity.
   *
   * @param name of the chain, as the reader requested it
   * @returns undefined if nothing changed
   */
  frameAfter(stamp: number, fields: readonly NodeField[], name = this.chain): NetworkFrame | undefined {
    if (!this.isFilled || !this.changedAfter(stamp)) return undefined;
    if (stamp < this.knownFrom) return this.frameOfAll(undefined, fields, name);
    return this.shared(`${stamp.toString()} ${fields.join(' ')} ${name}`, () =>
      this.frameOfChanges(stamp, fields, name),
    );
  }

  /**
   * The next part of the complete state. Changes since the first part are sent after the last part.
   *
   * @param position undefined for the first part
   */
  frameOfAll(
    position: ViewPosition | undefined,
    fields: readonly NodeField[],
    name = this.chain,
  ): NetworkFrame {
    const { stamp, after } = position ?? { stamp: this.stamp, after: -Infinity };
    return this.shared(`all ${stamp.toString()} ${after.toString()} ${fields.join(' ')} ${name}`, () => {
      const { nodes, rest } = this.nodesAfter(after, FRAME_NODES);
      const parts = [
        ...this.names(name, stamp),
        ...(position === undefined ? ['"complete":true'] : []),
        ...(rest === undefined ? [] : ['"more":true']),
        `"nodes":[${nodes.map((node) => node.json(fields)).join(',')}]`,
        '"gone":[]',
        ...(position === undefined ? [`"header":${this.headerText}`] : []),
      ];
      return {
        data: Buffer.from(`{${parts.join(',')}}`),
        rows: nodes.length,
        stamp,
        ...(rest !== undefined && { rest: { stamp, after: rest } }),
      };
    });
  }

  private frameOfChanges(stamp: number, fields: readonly NodeField[], name: string): NetworkFrame {
    const nodes = this.nodes.all().flatMap((node) => node.changesAfter(stamp, fields) ?? []);
    const gone = [...this.gone].filter(([, at]) => at > stamp).map(([id]) => id);
    const parts = [
      ...this.names(name, this.stamp),
      `"nodes":[${nodes.join(',')}]`,
      `"gone":${JSON.stringify(gone)}`,
      ...(this.headerAt > stamp ? [`"header":${this.headerText}`] : []),
    ];
    // Changes of other fields are not sent.
    const hasChanges = nodes.length > 0 || gone.length > 0 || this.headerAt > stamp;
    const rows = hasChanges ? nodes.length + gone.length : -1;
    return { data: Buffer.from(`{${parts.join(',')}}`), rows, stamp: this.stamp };
  }

  /** Caches the first frames of an update: the ones that many readers share are among them. */
  private shared(key: string, make: () => NetworkFrame): NetworkFrame {
    const known = this.frames.get(key);
    if (known !== undefined) return known;
    const frame = make();
    if (this.frames.size < MAX_FRAMES) this.frames.set(key, frame);
    return frame;
  }

  private names(network: string, stamp: number): string[] {
    return [
      `"network":${JSON.stringify(network)}`,
      `"genesis_hash":${JSON.stringify(genesisHashOf(this.chain))}`,
      `"chain":${JSON.stringify(this.name)}`,
      `"as_of":"${timeOf(stamp)}"`,
    ];
  }

  /** @returns up to `limit` nodes, and the id of the last one if more follow */
  private nodesAfter(
    after: number,
    limit: number,
  ): { nodes: readonly NodeState[]; rest: number | undefined } {
    const all = this.nodes.all();
    const from = Number.isFinite(after) ? firstAfter(all, after) : 0;
    const nodes = all.slice(from, from + limit);
    return { nodes, rest: from + limit < all.length ? nodes.at(-1)?.id : undefined };
  }

  private changedAfter(stamp: number): boolean {
    return stamp < this.knownFrom || this.changedAt > stamp;
  }

  private addReports(reports: readonly ReportRow[]): void {
    let isEarlier = false;
    for (const { msg, best, height, origin, receivedAt, connection } of reports) {
      const number = parseInteger(height);
      if (msg !== 'block.import' || best === null || number === null) continue;
      const from = this.nodes.connection(connection);
      const reporter = from && { node: keyOf(from.row), address: from.address };
      const live = origin === SYNCING ? null : number;
      isEarlier = this.blocks.note(best, live, receivedAt, reporter) || isEarlier;
    }
    for (const row of reports) this.nodes.report(row);
    if (isEarlier) this.nodes.markAllChanged();
  }

  private updateHeader(nodes: readonly NodeState[], total: NodeTotal | undefined): void {
    this.header = headerOf(nodes, this.blocks, total);
    for (const node of nodes)
      node.compareWith(this.header.best_height, this.header.finalized_height, this.stamp);
    this.name = mostFrequent(nodes.map(({ chainName }) => chainName)) ?? this.name;
    const text = JSON.stringify(this.header);
    if (text !== this.headerText) this.changedAt = this.headerAt = this.stamp;
    this.headerText = text;
  }

  private pruneGone(now: number): void {
    for (const [id, at] of this.gone) if (at < now - GONE_US) this.gone.delete(id);
    this.knownFrom = Math.max(this.knownFrom, Math.min(this.stamp, now - GONE_US));
  }
}

/** The index of the first node after an id. */
function firstAfter(nodes: readonly NodeState[], id: number): number {
  let [from, to] = [0, nodes.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((nodes[middle]?.id ?? Infinity) > id) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** The most frequent text; the first in alphabetical order of several. */
function mostFrequent(texts: readonly (string | null)[]): string | undefined {
  const counts = new Map<string, number>();
  for (const text of texts) if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1);
  const [first] = [...counts].sort(
    ([one, count], [other, others]) => others - count || (one < other ? -1 : 1),
  );
  return first?.[0];
}
