import { WebSocket } from 'ws';
import { waitUntil } from './wait-until.js';

export type NodeChange = Record<string, unknown> & { id: number };

export interface NetworkFrame {
  network: string;
  as_of: string;
  complete?: true;
  nodes: NodeChange[];
  gone: number[];
  header?: Record<string, unknown>;
}

/** A dashboard that follows the nodes of chains, and keeps what it is told of them. */
export class NetworkClient {
  readonly frames: NetworkFrame[] = [];
  readonly errors: string[] = [];
  /** Since when the feed is behind, as it was told last. */
  staleSince: string | null = null;
  readonly nodes = new Map<number, NodeChange>();
  header: Record<string, unknown> = {};

  private constructor(readonly socket: WebSocket) {
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as
        NetworkFrame | { error: string } | { stale_since: string | null };
      if ('error' in frame) this.errors.push(frame.error);
      else if ('stale_since' in frame) this.staleSince = frame.stale_since;
      else this.take(frame);
    });
  }

  /** @param ws the server's address, without a path */
  static async connect(ws: string): Promise<NetworkClient> {
    const client = new NetworkClient(new WebSocket(`${ws}/feed`));
    await new Promise<void>((resolve, reject) => {
      client.socket.once('open', resolve);
      client.socket.once('error', reject);
    });
    return client;
  }

  subscribe(network: string, more: object = {}): void {
    this.send({ network, interest: 'subscribe', ...more });
  }

  send(request: unknown): void {
    this.socket.send(JSON.stringify(request));
  }

  /** Waits until a node is as expected, by its name. */
  async sees(name: string, expected: Record<string, unknown>): Promise<NodeChange> {
    return await waitUntil(
      () => {
        const node = [...this.nodes.values()].find((one) => one.name === name);
        const differs = Object.entries(expected).find(([field, value]) => node?.[field] !== value);
        if (node === undefined || differs !== undefined) throw new Error(JSON.stringify({ node, differs }));
        return node;
      },
      { what: `${name} with ${JSON.stringify(expected)}` },
    );
  }

  close(): void {
    this.socket.close();
  }

  private take(frame: NetworkFrame): void {
    this.frames.push(frame);
    if (frame.complete) this.nodes.clear();
    for (const node of frame.nodes) this.nodes.set(node.id, { ...this.nodes.get(node.id), ...node });
    for (const id of frame.gone) this.nodes.delete(id);
    if (frame.header !== undefined) this.header = frame.header;
  }
}
