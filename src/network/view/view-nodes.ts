import type { BlockTimes } from './chain-header.js';
import { ConnectionState, NodeState } from './node-state.js';
import type { ConnectionRow, ReportRow } from './report-row.js';

/** The open connections of a node, and what they say together once that has been made up. */
interface Member {
  connections: Map<number, ConnectionState>;
  state: NodeState | undefined;
}

/** The nodes of a chain: each is the union of its open connections. */
export class ViewNodes {
  private readonly members = new Map<string, Member>();
  private readonly connections = new Map<number, ConnectionState>();
  /** Nodes of which something has changed since they were settled. */
  private readonly touched = new Set<string>();
  private inOrder: NodeState[] | undefined;

  get size(): number {
    return this.members.size;
  }

  /** In the order of their ids. */
  all(): readonly NodeState[] {
    this.inOrder ??= [...this.members.values()]
      .flatMap(({ state }) => state ?? [])
      .sort((one, other) => one.id - other.id);
    return this.inOrder;
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
    known.describe(row);
    this.touched.add(before);
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
    this.touched.add(key);
  }

  report(row: ReportRow): void {
    const known = this.connections.get(row.connection);
    if (known === undefined) return;
    known.report(row);
    this.touched.add(keyOf(known.row));
  }

  touchAll(): void {
    for (const key of this.members.keys()) this.touched.add(key);
  }

  /**
   * Makes up what has changed.
   *
   * @returns ids that nodes no longer have: a node goes on under another one when the connection of its id ends, or
   * when one with a smaller id begins
   */
  settle(blocks: BlockTimes, stamp: number): number[] {
    const gone: number[] = [];
    for (const key of this.touched) {
      const member = this.members.get(key);
      if (member === undefined) continue;
      const id = Math.min(...member.connections.keys());
      if (member.state?.id !== id) {
        if (member.state !== undefined) gone.push(member.state.id);
        member.state = Number.isFinite(id) ? new NodeState(id, stamp) : undefined;
        this.inOrder = undefined;
      }
      if (member.state === undefined) this.members.delete(key);
      else member.state.merge([...member.connections.values()], blocks, stamp);
    }
    this.touched.clear();
    return gone;
  }

  private join(connection: ConnectionState): void {
    const { row } = connection;
    const key = keyOf(row);
    let member = this.members.get(key);
    if (member === undefined) this.members.set(key, (member = { connections: new Map(), state: undefined }));
    member.connections.set(row.id, connection);
    this.connections.set(row.id, connection);
    this.touched.add(key);
  }
}

/** Tells the nodes of a chain apart: by peer id; a connection that has said none is a node of its own. */
export function keyOf({ peer_id: peerId, id }: Pick<ConnectionRow, 'peer_id' | 'id'>): string {
  return peerId === null ? `#${id.toString()}` : `@${peerId}`;
}
