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
  header: NetworkHeader = NO_HEADER;
  /** The time of what is here, by the server's clock; '' where the server has not told one. */
  asOf = '';
  /** Grows with each change. */
  version = 0;

  load({ as_of, header, nodes }: Network): void {
    this.take({ as_of, header, nodes, complete: true, gone: [] }, Object.keys(NO_NODE) as NodeField[]);
  }

  /** Since when changes of fields are missing here; undefined where all is, so that all must come. */
  sinceFor(fields: readonly NodeField[]): string | undefined {
    return this.asOf !== '' && fields.every((field) => this.current.has(field)) ? this.asOf : undefined;
  }

  /** @param fields that were followed */
  take({ as_of, complete = false, nodes, gone, header }: NetworkFrame, fields: readonly NodeField[]): void {
    this.current = new Set(complete ? fields : fields.filter((field) => this.current.has(field)));
    if (complete) {
      const left = new Set(nodes.map(({ id }) => id));
      for (const id of this.nodes.keys()) if (!left.has(id)) this.nodes.delete(id);
    }
    for (const change of nodes) this.change(change);
    for (const id of gone) this.nodes.delete(id);
    if (header !== undefined) this.header = header;
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
