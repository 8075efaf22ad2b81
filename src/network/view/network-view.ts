import { timeOf } from '../../storage/index.js';
import { NODE_FIELDS, type NodeField } from '../node-fields.js';
import { BlockTimes } from './block-times.js';
import { type Header, headerOf } from './network-header.js';
import { NodeState } from './node-state.js';
import { CATCHING_UP, type ConnectionRow, type ReportRow, wholeNumber } from './report-row.js';

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
  /** The database's time when it was read: microseconds since the epoch. */
  now: number;
}

export interface NetworkFrame {
  data: Buffer;
  /** Nodes in it. */
  rows: number;
  /** The stamp that its reader then has. */
  stamp: number;
}

/** Frames that are kept to be shared. */
const MOST_FRAMES = 16;
/** By which another server may be ahead; a later time is no place of ours: microseconds. */
const MOST_AHEAD_US = 60_000_000;

/**
 * The connected nodes of a chain as they are now. Changes have the database's time as a stamp, so that what was
 * read from one server can be gone on with at another.
 */
export class NetworkView {
  private nodes = new Map<number, NodeState>();
  private gone = new Map<number, number>();
  private blocks = new BlockTimes();
  private readonly readers = new Set<() => void>();
  /** Frames that those who stand at one place and want the same share. */
  private readonly frames = new Map<string, NetworkFrame>();
  private text: string | undefined;
  private headerText = '';
  private headerAt = -Infinity;
  private changedAt = -Infinity;
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

  get size(): number {
    return this.nodes.size;
  }

  /** Ids of the connections that it shows. */
  ids(): IterableIterator<number> {
    return this.nodes.keys();
  }

  /** The connections that it shows. */
  known(): KnownConnection[] {
    return [...this.nodes.values()].map(({ id, revision }) => ({ id, revision, chain: this.chain }));
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
    this.nodes = new Map();
    this.gone = new Map();
    this.blocks = new BlockTimes();
    this.headerText = '';
    this.fills += 1;
    this.update(changes);
    this.knownFrom = this.stamp;
  }

  update({ connections, gone, reports, now }: ViewChanges): void {
    this.readAt = performance.now();
    this.stamp = Math.max(now, this.stamp + 1);
    for (const id of gone) if (this.nodes.delete(id)) this.gone.set(id, (this.changedAt = this.stamp));
    for (const row of connections) this.node(row.id).describe(row, this.stamp);
    this.take(reports);
    this.blocks.prune(now);
    this.forgetGone(now);
    const header = headerOf(this.nodes.values(), this.blocks);
    const headerText = JSON.stringify(header);
    if (headerText !== this.headerText) this.changedAt = this.headerAt = this.stamp;
    this.header = header;
    this.headerText = headerText;
    this.text = undefined;
    this.frames.clear();
    for (const node of this.nodes.values()) this.changedAt = Math.max(this.changedAt, node.changedAt);
    if (this.changedAt === this.stamp) for (const wake of this.readers) wake();
  }

  /** The stamp for whoever has a snapshot of that time: a little earlier, but not so that all must come again. */
  startFor(time: number, overlap: number): number {
    const isKnown = this.isFilled && time >= this.knownFrom && time <= this.stamp + MOST_AHEAD_US;
    return isKnown ? Math.max(this.knownFrom, time - overlap) : -Infinity;
  }

  /** JSON of a NetworkSnapshot. */
  snapshot(): string {
    this.text ??= `{"network":${JSON.stringify(this.chain)},"as_of":"${timeOf(this.stamp)}","header":${
      this.headerText
    },"nodes":[${[...this.nodes.values()].map((node) => node.json(NODE_FIELDS)).join(',')}]}`;
    return this.text;
  }

  /**
   * What changed after a stamp; everything where that is not known, or with -Infinity.
   *
   * @returns undefined where nothing did
   */
  frameAfter(stamp: number, fields: readonly NodeField[]): NetworkFrame | undefined {
    if (!this.isFilled || !this.changedAfter(stamp)) return undefined;
    const key = `${stamp.toString()} ${fields.join(' ')}`;
    let frame = this.frames.get(key);
    if (frame === undefined) {
      frame = this.makeFrame(stamp, fields);
      // Readers choose places and fields: those that many share are among the first.
      if (this.frames.size < MOST_FRAMES) this.frames.set(key, frame);
    }
    return frame;
  }

  private makeFrame(stamp: number, fields: readonly NodeField[]): NetworkFrame {
    const complete = stamp < this.knownFrom;
    const nodes: string[] = [];
    for (const node of this.nodes.values()) {
      const json = complete ? node.json(fields) : node.changesAfter(stamp, fields);
      if (json !== undefined) nodes.push(json);
    }
    const gone = complete ? [] : [...this.gone].filter(([, at]) => at > stamp).map(([id]) => id);
    const parts = [
      `"network":${JSON.stringify(this.chain)}`,
      `"as_of":"${timeOf(this.stamp)}"`,
      ...(complete ? ['"complete":true'] : []),
      `"nodes":[${nodes.join(',')}]`,
      `"gone":${JSON.stringify(gone)}`,
      ...(complete || this.headerAt > stamp ? [`"header":${this.headerText}`] : []),
    ];
    // Changes of fields that nobody asked for are no news.
    const isNews = complete || nodes.length > 0 || gone.length > 0 || this.headerAt > stamp;
    const rows = isNews ? nodes.length + gone.length : -1;
    return { data: Buffer.from(`{${parts.join(',')}}`), rows, stamp: this.stamp };
  }

  private changedAfter(stamp: number): boolean {
    return stamp < this.knownFrom || this.changedAt > stamp;
  }

  private take(reports: readonly ReportRow[]): void {
    let earlier = false;
    for (const { msg, best, height, origin, receivedAt } of reports) {
      const number = wholeNumber(height);
      if (msg !== 'block.import' || best === null || number === null) continue;
      earlier = this.blocks.note(best, origin === CATCHING_UP ? null : number, receivedAt) || earlier;
    }
    for (const row of reports) this.nodes.get(row.connection)?.report(row, this.stamp, this.blocks);
    if (earlier) for (const node of this.nodes.values()) node.measure(this.blocks, this.stamp);
  }

  private node(id: number): NodeState {
    let node = this.nodes.get(id);
    if (node === undefined) {
      this.nodes.set(id, (node = new NodeState(id, this.stamp)));
      this.gone.delete(id);
    }
    return node;
  }

  private forgetGone(now: number): void {
    for (const [id, at] of this.gone) if (at < now - GONE_US) this.gone.delete(id);
    this.knownFrom = Math.max(this.knownFrom, Math.min(this.stamp, now - GONE_US));
  }
}
