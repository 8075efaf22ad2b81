import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * The idle connections of a server: without a request yet, or between two requests. At the limit on connections, the
 * one that has been idle for longest is evicted. Otherwise a client that opens connections and sends nothing could
 * keep all others out.
 */
export class IdleConnections {
  /** In the order in which they became idle. */
  private readonly idle = new Set<Duplex>();
  /** Requests of each connection without a response: a client may send several at once. */
  private readonly pending = new WeakMap<Duplex, number>();
  private open = 0;

  /**
   * @param max connections at once
   * @param onEvicted called for each eviction
   */
  constructor(
    server: Server,
    private readonly max: number,
    private readonly onEvicted: () => void,
  ) {
    server.on('connection', (socket: Socket) => this.opened(socket));
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.begun(socket, 1);
      response.once('close', () => this.ended(socket));
    });
  }

  /** The connection becomes a WebSocket: it is never idle again. */
  delete(socket: Duplex): void {
    this.begun(socket, Infinity);
  }

  private begun(socket: Duplex, requests: number): void {
    this.pending.set(socket, (this.pending.get(socket) ?? 0) + requests);
    this.idle.delete(socket);
  }

  private ended(socket: Duplex): void {
    const left = (this.pending.get(socket) ?? 0) - 1;
    this.pending.set(socket, left);
    if (left === 0 && !socket.destroyed) this.idle.add(socket);
  }

  private opened(socket: Socket): void {
    this.open += 1;
    this.idle.add(socket);
    socket.once('close', () => {
      this.open -= 1;
      this.idle.delete(socket);
    });
    // Node.js drops connections above the limit, so one is evicted when the limit is reached.
    if (this.open < this.max) return;
    const [longest] = this.idle;
    if (longest === undefined || longest === socket) return;
    this.idle.delete(longest);
    longest.destroy();
    this.onEvicted();
  }
}
