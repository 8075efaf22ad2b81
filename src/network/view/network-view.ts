import { genesisHashOf, timeOf } from '../../storage/index.js';
import { NODE_FIELDS, type NodeField } from '../network.dto.js';
import { BlockTimes, type Header, headerOf, type NodeTotal } from './chain-header.js';
import type { NodeState } from './node-state.js';
import { CATCHING_UP, type ConnectionRow, type ReportRow, wholeNumber } from './report-row.js';
import { keyOf, ViewNodes } from './view-nodes.js';

/** Nodes that went are told to whoever is so far behind; beyond that everything is sent: microseconds. */
const GONE_US = 600e6;

/** A connection that a view shows, and of which chain it was when its row was read. */
export interface KnownConnection {
  id: number;
  revision: number;
  chain: string;
}

/** What is new of a chain. */
export interface ViewChanges {
  connections: readonly ConnectionRow[];
  /** Ids of connections. */
  gone: readonly number[];
  /** In the order in which they were received. */
  reports: readonly ReportRow[];
  /** All nodes of the chain; left out where the view has room for all. */
  total?: NodeTotal;
  /** The database's time when it was read: microseconds since the epoch. */
  now: number;
}

/** How far a reader has got with the whole of a chain. */
export interface ViewPlace {
  /** The stamp when it began. */
  stamp: number;
  /** The id of the last node that it has. */
  after: number;
}

export interface NetworkFrame {
  data: Buffer;
  /** Nodes in it. */
  rows: number;
  /** The stamp that its reader then has. */
  stamp: number;
  /** Where the rest of the whole begins; undefined where this is all. */
  rest?: ViewPlace;
}

/** Nodes in a frame with the whole of a chain. */
const FRAME_NODES = 1_000;
/** Frames and pages that are kept to be shared. */
const MOST_FRAMES = 16;
const MOST_PAGES = 16;
/** By which another server may be ahead; a later time is no place of ours: microseconds. */
const MOST_AHEAD_US = 60_000_000;

/**
 * The connected nodes of a chain as they are now. Changes have the database's time as a stamp, so that what was
 * read from one server can be gone on with at another.
 */
export class NetworkView {
  private nodes = new ViewNodes();
  private gone = new Map<number, number>();
  private blocks = new BlockTimes();
  private readonly readers = new Set<() => void>();
  /** Frames that those who stand at one place and want the same share. */
  private readonly frames = new Map<string, NetworkFrame>();
  private readonly pages = new Map<string, string>();
  private headerText = '';
  private headerAt = -Infinity;
  private changedAt = -Infinity;
  private name: string | null = null;
  /** All that changed after this is known. */
  private knownFrom = Infinity;
  /** How often it was read whole: what was asked before that is no news of it. */
  private fills = 0;
  /** The database's time of what it shows: microseconds since the epoch. */
  stamp = -Infinity;
  /** Whether it could not be read whole when that was tried last. */
  hasFailed = false;
  /** When it was last read, by `performance.now()`, and when somebody last asked for it. */
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

  /** Nodes that it shows. */
  get size(): number {
    return this.nodes.size;
  }

  /** Ids of the connections that it shows. */
  ids(): IterableIterator<number> {
    return this.nodes.connectionIds();
  }

  /** The connections that it shows. */
  known(): KnownConnection[] {
    return this.nodes.rows().map(({ id, revision }) => ({ id, revision, chain: this.chain }));
  }

  /** @param onChange is called after each change. @returns stops it */
  read(onChange: () => void): () => void {
    this.readers.add(onChange);
    return () => {
      this.readers.delete(onChange);
      this.usedAt = performance.now();
    };
  }

  /** Begins anew, unless it shows what is newer. */
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

  update({ connections, gone, reports, total, now }: ViewChanges): void {
    this.readAt = performance.now();
    this.stamp = Math.max(now, this.stamp + 1);
    for (const id of gone) this.nodes.end(id);
    for (const row of connections) this.nodes.describe(row);
    this.take(reports);
    for (const id of this.nodes.settle(this.blocks, this.stamp)) {
      this.gone.set(id, (this.changedAt = this.stamp));
    }
    const nodes = this.nodes.all();
    for (const { id } of nodes) this.gone.delete(id);
    this.blocks.prune(now);
    this.forgetGone(now);
    this.head(nodes, total);
    this.pages.clear();
    this.frames.clear();
    for (const node of nodes) this.changedAt = Math.max(this.changedAt, node.changedAt);
    if (this.changedAt === this.stamp) for (const wake of this.readers) wake();
  }

  /** The stamp for whoever has a snapshot of that time: a little earlier, but not so that all must come again. */
  startFor(time: number, overlap: number): number {
    const isKnown = this.isFilled && time >= this.knownFrom && time <= this.stamp + MOST_AHEAD_US;
    return isKnown ? Math.max(this.knownFrom, time - overlap) : -Infinity;
  }

  /** JSON of a Network: a page of nodes in the order of their ids. @param after the id of the last one that is there */
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
      if (this.pages.size < MOST_PAGES) this.pages.set(key, text);
    }
    return text;
  }

  /**
   * What changed after a stamp; everything where that is not known, or with -Infinity.
   *
   * @param name what the reader calls the chain
   * @returns undefined where nothing did
   */
  frameAfter(stamp: number, fields: readonly NodeField[], name = this.chain): NetworkFrame | undefined {
    if (!this.isFilled || !this.changedAfter(stamp)) return undefined;
    if (stamp < this.knownFrom) return this.frameOfAll(undefined, fields, name);
    return this.shared(`${stamp.toString()} ${fields.join(' ')} ${name}`, () =>
      this.frameOfChanges(stamp, fields, name),
    );
  }

  /**
   * The next part of everything. Nodes are as they are when it is made: what changed since it began comes after it.
   *
   * @param place undefined for the first part
   */
  frameOfAll(place: ViewPlace | undefined, fields: readonly NodeField[], name = this.chain): NetworkFrame {
    const { stamp, after } = place ?? { stamp: this.stamp, after: -Infinity };
    return this.shared(`all ${stamp.toString()} ${after.toString()} ${fields.join(' ')} ${name}`, () => {
      const { nodes, rest } = this.nodesAfter(after, FRAME_NODES);
      const parts = [
        ...this.names(name, stamp),
        ...(place === undefined ? ['"complete":true'] : []),
        ...(rest === undefined ? [] : ['"more":true']),
        `"nodes":[${nodes.map((node) => node.json(fields)).join(',')}]`,
        '"gone":[]',
        ...(place === undefined ? [`"header":${this.headerText}`] : []),
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
    // Changes of fields that nobody asked for are no news.
    const isNews = nodes.length > 0 || gone.length > 0 || this.headerAt > stamp;
    const rows = isNews ? nodes.length + gone.length : -1;
    return { data: Buffer.from(`{${parts.join(',')}}`), rows, stamp: this.stamp };
  }

  /** Readers choose places and fields: those that many share are among the first. */
  private shared(key: string, make: () => NetworkFrame): NetworkFrame {
    const known = this.frames.get(key);
    if (known !== undefined) return known;
    const frame = make();
    if (this.frames.size < MOST_FRAMES) this.frames.set(key, frame);
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

  /** @returns so many nodes, and the id of the last of them where others come after it */
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

  private take(reports: readonly ReportRow[]): void {
    let earlier = false;
    for (const { msg, best, height, origin, receivedAt, connection } of reports) {
      const number = wholeNumber(height);
      if (msg !== 'block.import' || best === null || number === null) continue;
      const from = this.nodes.connection(connection);
      const witness = from && { node: keyOf(from.row), address: from.address };
      const live = origin === CATCHING_UP ? null : number;
      earlier = this.blocks.note(best, live, receivedAt, witness) || earlier;
    }
    for (const row of reports) this.nodes.report(row);
    if (earlier) this.nodes.touchAll();
  }

  private head(nodes: readonly NodeState[], total: NodeTotal | undefined): void {
    this.header = headerOf(nodes, this.blocks, total);
    for (const node of nodes) node.confirm(this.header.best_height, this.header.finalized_height, this.stamp);
    this.name = mostFrequent(nodes.map(({ chainName }) => chainName)) ?? this.name;
    const text = JSON.stringify(this.header);
    if (text !== this.headerText) this.changedAt = this.headerAt = this.stamp;
    this.headerText = text;
  }

  private forgetGone(now: number): void {
    for (const [id, at] of this.gone) if (at < now - GONE_US) this.gone.delete(id);
    this.knownFrom = Math.max(this.knownFrom, Math.min(this.stamp, now - GONE_US));
  }
}

/** Where the nodes behind an id begin. */
function firstAfter(nodes: readonly NodeState[], id: number): number {
  let [from, to] = [0, nodes.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((nodes[middle]?.id ?? Infinity) > id) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Of several that are as frequent, the first in the order of texts. */
function mostFrequent(texts: readonly (string | null)[]): string | undefined {
  const counts = new Map<string, number>();
  for (const text of texts) if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1);
  const [first] = [...counts].sort(
    ([one, count], [other, others]) => others - count || (one < other ? -1 : 1),
  );
  return first?.[0];
}
