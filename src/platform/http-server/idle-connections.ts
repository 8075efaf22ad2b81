import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * The connections of a server without a request under way: those that have sent none yet, and those that wait for the
 * next. Where there is no room for another connection, the one that is idle for longest gives way. Otherwise whoever
 * opens connections and says nothing would keep everybody out.
 */
export class IdleConnections {
  /** In the order in which they became idle. */
  private readonly idle = new Set<Duplex>();
  /** Requests under way of each connection: a client may send the next before it has the answer to the last. */
  private readonly underWay = new WeakMap<Duplex, number>();
  private open = 0;

  /**
   * @param most connections at once
   * @param onEvicted called with each that gave way
   */
  constructor(
    server: Server,
    private readonly most: number,
    private readonly onEvicted: () => void,
  ) {
    server.on('connection', (socket: Socket) => this.opened(socket));
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.begun(socket, 1);
      response.once('close', () => this.ended(socket));
    });
  }

  /** It is not idle, and never will be. */
  delete(socket: Duplex): void {
    this.begun(socket, Infinity);
  }

  private begun(socket: Duplex, requests: number): void {
    this.underWay.set(socket, (this.underWay.get(socket) ?? 0) + requests);
    this.idle.delete(socket);
  }

  private ended(socket: Duplex): void {
    const left = (this.underWay.get(socket) ?? 0) - 1;
    this.underWay.set(socket, left);
    if (left === 0 && !socket.destroyed) this.idle.add(socket);
  }

  private opened(socket: Socket): void {
    this.open += 1;
    this.idle.add(socket);
    socket.once('close', () => {
      this.open -= 1;
      this.idle.delete(socket);
    });
    // Node drops what would be more than that, so one place is made free before it is needed.
    if (this.open < this.most) return;
    const [longest] = this.idle;
    if (longest === undefined || longest === socket) return;
    this.idle.delete(longest);
    longest.destroy();
    this.onEvicted();
  }
}
