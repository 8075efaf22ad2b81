import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Something that speaks PostgreSQL's protocol, and refuses every session with a text. `await using` ends it. */
export class RefusingDatabase implements AsyncDisposable {
  private constructor(
    private readonly server: Server,
    private readonly sockets: Set<Socket>,
  ) {}

  static async start(text: string): Promise<RefusingDatabase> {
    const sockets = new Set<Socket>();
    const answer = errorResponse({ S: 'FATAL', V: 'FATAL', C: '57P03', M: text });
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
      socket.once('data', () => socket.end(answer));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RefusingDatabase(server, sockets);
  }

  get url(): string {
    return `postgres://nobody@127.0.0.1:${(this.server.address() as AddressInfo).port.toString()}/none`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** The message `ErrorResponse` of the protocol: fields by their letters. */
function errorResponse(fields: Record<string, string>): Buffer {
  const texts = Object.entries(fields).map(([letter, text]) => `${letter}${text}\0`);
  const body = Buffer.from(`${texts.join('')}\0`);
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
