import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HeldBytes, MemoryHolder, SocketMemory } from '../sockets/index.js';

/** A body is in memory as bytes and as text; headers as lines and by name. */
const COPIES = 2;

/** The memory of an HTTP connection: of requests without a complete response. */
export class HttpMemory implements MemoryHolder {
  private static readonly all = new WeakMap<Socket, HttpMemory>();

  readonly holderKind = 'http';
  /** Bytes of the requests that have their response. */
  private doneBytes: number;
  private response: ServerResponse | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly memory: SocketMemory,
  ) {
    this.doneBytes = socket.bytesRead;
  }

  /** Measures a connection from its start until it ends or becomes a WebSocket. */
  static follow(socket: Socket, memory: SocketMemory): void {
    const held = new HttpMemory(socket, memory);
    HttpMemory.all.set(socket, held);
    memory.add(held);
    socket.once('close', () => memory.delete(held));
  }

  static of(socket: Socket): HttpMemory | undefined {
    return HttpMemory.all.get(socket);
  }

  /** The headers of a request have arrived. */
  onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { socket, memory } = this;
    this.doneBytes = socket.bytesRead;
    this.response = response;
    // `prependListener` does not make the stream flow: the body is read by the route.
    if (hasBody(request)) {
      request.prependListener('data', (chunk: Buffer) => memory.grew(COPIES * chunk.length));
    }
    response.once('close', () => {
      if (this.response === response) this.response = undefined;
      this.doneBytes = socket.bytesRead;
    });
  }

  end(): void {
    this.memory.delete(this);
  }

  addHeld(to: HeldBytes): void {
    to.unfinished += COPIES * (this.socket.bytesRead - this.doneBytes);
    to.unsent += this.response?.writableLength ?? this.socket.writableLength;
  }

  evict(): void {
    this.socket.destroy();
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;
}
