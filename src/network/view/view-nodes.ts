import type { BlockTimes } from './chain-header.js';
import { ConnectionState, NodeState } from './node-state.js';
import type { ConnectionRow, ReportRow, StatusRow } from './report-row.js';

/** The open connections of a node, and their merged state. */
interface Member {
  connections: Map<number, ConnectionState>;
  state: NodeState | undefined;
}

/** The nodes of a chain: each is the union of its open connections. */
export class ViewNodes {
  private readonly members = new Map<string, Member>();
  private readonly connections = new Map<number, ConnectionState>();
  /** Keys of nodes that changed since the last refresh. */
  private readonly changed = new Set<string>();
  private sorted: NodeState[] | undefined;

  get size(): number {
    return this.members.size;
  }

  /** Sorted by id. */
  all(): readonly NodeState[] {
    this.sorted ??= [...this.members.values()]
      .flatMap(({ state }) => state ?? [])
      .sort((one, other) => one.id - other.id);
    return this.sorted;
  }

  rows(): ConnectionRow[] {
    return [...this.connections.values()].map(({ row }) => row);
  }

  connectionIds(): IterableIterator<number> {
    return this.connections.keys();
  }

  connection(id: number): ConnectionState | undefined {
    return this.connections.get(id);
  }

  describe(row: ConnectionRow): void {
    const known = this.connections.get(row.id);
    if (known === undefined) {
      this.join(new ConnectionState(row));
      return;
    }
    const before = keyOf(known.row);
    known.setRow(row);
    this.changed.add(before);
    if (keyOf(row) === before) return;
    this.members.get(before)?.connections.delete(row.id);
    this.join(known);
  }

  end(id: number): void {
    const known = this.connections.get(id);
    if (known === undefined) return;
    const key = keyOf(known.row);
    this.connections.delete(id);
    this.members.get(key)?.connections.delete(id);
    this.changed.add(key);
  }

  report(row: ReportRow): void {
    const known = this.connections.get(row.connection);
    if (known === undefined) return;
    known.addReport(row);
    this.changed.add(keyOf(known.row));
  }

  setStatus(row: StatusRow): void {
    const known = this.connections.get(row.connection);
    if (known?.setStatus(row)) this.changed.add(keyOf(known.row));
  }

  markAllChanged(): void {
    for (const key of this.members.keys()) this.changed.add(key);
  }

  /**
   * Merges the connections of changed nodes.
   *
   * @returns ids that nodes no longer have. The id of a node changes when the connection of its id ends, or when one with
   * a lower id begins
   */
  refresh(blocks: BlockTimes, stamp: number): number[] {
    const gone: number[] = [];
    for (const key of this.changed) {
      const member = this.members.get(key);
      if (member === undefined) continue;
      const id = Math.min(...member.connections.keys());
      if (member.state?.id !== id) {
        if (member.state !== undefined) gone.push(member.state.id);
        member.state = Number.isFinite(id) ? new NodeState(id, stamp) : undefined;
        this.sorted = undefined;
      }
      if (member.state === undefined) this.members.delete(key);
      else member.state.merge([...member.connections.values()], blocks, stamp);
    }
    this.changed.clear();
    return gone;
  }

  private join(connection: ConnectionState): void {
    const { row } = connection;
    const key = keyOf(row);
    let member = this.members.get(key);
    if (member === undefined) this.members.set(key, (member = { connections: new Map(), state: undefined }));
    member.connections.set(row.id, connection);
    this.connections.set(row.id, connection);
    this.changed.add(key);
  }
}

/** The key of a node: its peer id. A connection without one is a node of its own. */
export function keyOf({ peer_id: peerId, id }: Pick<ConnectionRow, 'peer_id' | 'id'>): string {
  return peerId === null ? `#${id.toString()}` : `@${peerId}`;
}
