import {
  type Network,
  type NetworkFrame,
  type NetworkHeader,
  type NetworkNode,
  NO_HEADER,
  NO_NODE,
  type NodeField,
} from './network.js';

/** A node, and what it is found by. */
export interface StoredNode extends NetworkNode {
  /** In lower case. */
  words: string;
}

/** The nodes of a chain as they are now. Listeners hear of changes once a frame of the screen, at most. */
export class NodeStore {
  private readonly nodes = new Map<number, StoredNode>();
  private readonly listeners = new Set<() => void>();
  private frame: number | undefined;
  /** By how much this computer's clock is ahead of the server's, and a little more: milliseconds. */
  private aheadMs = Infinity;
  /** The fields of which nothing is missing. Others are as old as when they were followed last. */
  private current: ReadonlySet<NodeField> = new Set();
  /** Ids that have come of all nodes, while others follow. */
  private arrived: Set<number> | undefined;
  header: NetworkHeader = NO_HEADER;
  /** Time of the current state by the clock of the server; '' if unknown. */
  asOf = '';
  /** What identifies the chain, as the feed takes it. */
  network = '';
  /** Grows with each change. */
  version = 0;

  load({ network, as_of, header, nodes }: Network): void {
    this.network = network;
    this.take({ as_of, header, nodes, complete: true, gone: [] }, Object.keys(NO_NODE) as NodeField[]);
  }

  /** Since when changes of fields are missing here; undefined where all is, so that all must come. */
  sinceFor(fields: readonly NodeField[]): string | undefined {
    const isWhole = this.asOf !== '' && this.arrived === undefined;
    return isWhole && fields.every((field) => this.current.has(field)) ? this.asOf : undefined;
  }

  /** @param fields that were followed */
  take(frame: NetworkFrame, fields: readonly NodeField[]): void {
    const { as_of, complete = false, more = false, nodes, gone, header } = frame;
    if (complete) this.arrived = new Set();
    for (const change of nodes) {
      this.change(change);
      this.arrived?.add(change.id);
    }
    for (const id of gone) this.nodes.delete(id);
    if (header !== undefined) this.header = header;
    if (this.arrived === undefined) {
      this.current = new Set(fields.filter((field) => this.current.has(field)));
    } else if (!more) {
      for (const id of this.nodes.keys()) if (!this.arrived.has(id)) this.nodes.delete(id);
      this.arrived = undefined;
      this.current = new Set(fields);
    }
    if (as_of !== '') {
      this.asOf = as_of;
      this.aheadMs = Math.min(this.aheadMs, Date.now() - Date.parse(as_of));
    }
    this.changed();
  }

  all(): StoredNode[] {
    return [...this.nodes.values()];
  }

  /** The server's time: milliseconds since the epoch. */
  now(): number {
    return Date.now() - (Number.isFinite(this.aheadMs) ? this.aheadMs : 0);
  }

  /** @returns stops listening */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private change(change: NetworkFrame['nodes'][number]): void {
    const known = this.nodes.get(change.id);
    const node = Object.assign(known ?? { ...NO_NODE, words: '', ...change }, change);
    if (known === undefined || 'name' in change || 'version' in change || 'implementation' in change) {
      node.words = [node.name, node.peer_id, node.implementation, node.version].join('\n').toLowerCase();
    }
    this.nodes.set(change.id, node);
  }

  private changed(): void {
    this.version += 1;
    if (this.frame !== undefined) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = undefined;
      for (const listener of this.listeners) listener();
    });
  }
}
