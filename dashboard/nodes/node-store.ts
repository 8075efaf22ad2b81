import {
  type ChainState,
  type NetworkFrame,
  type NetworkHeader,
  type NetworkNode,
  EMPTY_HEADER,
  EMPTY_NODE,
  type NodeField,
} from './network.js';

/** A node with its search text. */
export interface StoredNode extends NetworkNode {
  /** Lowercase. */
  searchText: string;
}

/** The current nodes of a chain. Listeners are called at most once per animation frame. */
export class NodeStore {
  private readonly nodes = new Map<number, StoredNode>();
  private readonly listeners = new Set<() => void>();
  private frame: number | undefined;
  /** Upper bound of the offset of the browser's clock to the server's: milliseconds. */
  private aheadMs = Infinity;
  /** Fields that are up to date in all nodes. */
  private currentFields: ReadonlySet<NodeField> = new Set();
  /** Ids in the current snapshot; undefined outside a snapshot. */
  private snapshotIds: Set<number> | undefined;
  header: NetworkHeader = EMPTY_HEADER;
  /** Time of the current state by the clock of the server; '' if unknown. */
  asOf = '';
  /** The id of the chain for the feed. */
  chainId = '';
  /** Increases with each change. */
  version = 0;

  load({ network, as_of, header, nodes }: ChainState): void {
    this.chainId = network;
    this.apply({ as_of, header, nodes, complete: true, gone: [] }, Object.keys(EMPTY_NODE) as NodeField[]);
  }

  /** The time of the last change, for a resume with these fields; undefined if a full snapshot is needed. */
  sinceFor(fields: readonly NodeField[]): string | undefined {
    const isComplete = this.asOf !== '' && this.snapshotIds === undefined;
    return isComplete && fields.every((field) => this.currentFields.has(field)) ? this.asOf : undefined;
  }

  /** @param fields the subscribed fields */
  apply(frame: NetworkFrame, fields: readonly NodeField[]): void {
    const { as_of, complete = false, more = false, nodes, gone, header } = frame;
    if (complete) this.snapshotIds = new Set();
    for (const change of nodes) {
      this.applyChange(change);
      this.snapshotIds?.add(change.id);
    }
    for (const id of gone) this.nodes.delete(id);
    if (header !== undefined) this.header = header;
    if (this.snapshotIds === undefined) {
      this.currentFields = new Set(fields.filter((field) => this.currentFields.has(field)));
    } else if (!more) {
      for (const id of this.nodes.keys()) if (!this.snapshotIds.has(id)) this.nodes.delete(id);
      this.snapshotIds = undefined;
      this.currentFields = new Set(fields);
    }
    if (as_of !== '') {
      this.asOf = as_of;
      this.aheadMs = Math.min(this.aheadMs, Date.now() - Date.parse(as_of));
    }
    this.notify();
  }

  all(): StoredNode[] {
    return [...this.nodes.values()];
  }

  /** The current time by the server's clock: milliseconds since the epoch. */
  now(): number {
    return Date.now() - (Number.isFinite(this.aheadMs) ? this.aheadMs : 0);
  }

  /** @returns a function that removes the listener */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private applyChange(change: NetworkFrame['nodes'][number]): void {
    const known = this.nodes.get(change.id);
    const node = Object.assign(known ?? { ...EMPTY_NODE, searchText: '', ...change }, change);
    if (known === undefined || 'name' in change || 'version' in change || 'implementation' in change) {
      node.searchText = [node.name, node.peer_id, node.implementation, node.version].join('\n').toLowerCase();
    }
    this.nodes.set(change.id, node);
  }

  private notify(): void {
    this.version += 1;
    if (this.frame !== undefined) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = undefined;
      for (const listener of this.listeners) listener();
    });
  }
}
