import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { refuseInHttp } from '../../src/platform/http-server/index.js';

/** Says that it is well, and answers nothing else: it hangs up, or gives a 503. `await using` ends it. */
export class DeafServer implements AsyncDisposable {
  /** What it was asked: `POST /benchmarks`. */
  readonly asked: string[] = [];
  /** Whether it says 503 where it would hang up. */
  refuses = false;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      if (request.url?.startsWith('/health/') === true) isWell(response);
      else this.refuse(request);
    });
    this.server.on('upgrade', (request) => this.refuse(request));
  }

  static async start(): Promise<DeafServer> {
    const deaf = new DeafServer();
    deaf.server.listen(0, '127.0.0.1');
    await once(deaf.server, 'listening');
    return deaf;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  private refuse({ method = '', url = '', socket }: IncomingMessage): void {
    this.asked.push(`${method} ${url}`);
    if (this.refuses) refuseInHttp(socket, 503);
    else socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

function isWell(response: ServerResponse): void {
  response.setHeader('Content-Type', 'application/json').end('{"state":"running"}');
}
