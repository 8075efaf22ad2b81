import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HeldBytes, MemoryHolder, SocketMemory } from '../sockets/index.js';

/** A body is held as it came and as the text that is parsed; headers as lines and by name. */
const COPIES = 2;

/** The memory that is held for a connection while it speaks HTTP: of requests that are not answered yet. */
export class HttpMemory implements MemoryHolder {
  private static readonly all = new WeakMap<Socket, HttpMemory>();

  readonly holderKind = 'http';
  /** Bytes that were read of requests that are answered. */
  private answered: number;
  private response: ServerResponse | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly memory: SocketMemory,
  ) {
    this.answered = socket.bytesRead;
  }

  /** Counts a connection from its beginning, until it ends or becomes a WebSocket. */
  static follow(socket: Socket, memory: SocketMemory): void {
    const held = new HttpMemory(socket, memory);
    HttpMemory.all.set(socket, held);
    memory.add(held);
    socket.once('close', () => memory.delete(held));
  }

  static of(socket: Socket): HttpMemory | undefined {
    return HttpMemory.all.get(socket);
  }

  /** A request has come, but for its body. */
  asked(request: IncomingMessage, response: ServerResponse): void {
    const { socket, memory } = this;
    this.answered = socket.bytesRead;
    this.response = response;
    // What makes the stream flow is `on`: this only hears what somebody else reads.
    if (hasBody(request)) {
      request.prependListener('data', (chunk: Buffer) => memory.grew(COPIES * chunk.length));
    }
    response.once('close', () => {
      if (this.response === response) this.response = undefined;
      this.answered = socket.bytesRead;
    });
  }

  end(): void {
    this.memory.delete(this);
  }

  addHeld(to: HeldBytes): void {
    to.unfinished += COPIES * (this.socket.bytesRead - this.answered);
    to.unsent += this.response?.writableLength ?? this.socket.writableLength;
  }

  evict(): void {
    this.socket.destroy();
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;
}
