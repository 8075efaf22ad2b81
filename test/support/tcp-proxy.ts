import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between the server and its database, and can be away. */
export class TcpProxy implements AsyncDisposable {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;

  /**
   * @param port where it listens, once it is told to
   * @param targetUrl where it leads to
   */
  constructor(
    readonly port: number,
    private readonly targetUrl: string,
  ) {}

  /** The URL of the target, by way of the proxy. */
  get url(): string {
    const url = new URL(this.targetUrl);
    url.hostname = '127.0.0.1';
    url.port = this.port.toString();
    return url.href;
  }

  async listen(): Promise<void> {
    const { hostname, port } = new URL(this.targetUrl);
    this.server = createServer((client) => {
      const target = connect({ host: hostname, port: Number(port === '' ? 5432 : port) });
      for (const [socket, other] of [
        [client, target],
        [target, client],
      ] as const) {
        this.sockets.add(socket);
        socket.pipe(other);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          this.sockets.delete(socket);
          other.destroy();
        });
      }
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Cuts every connection and refuses new ones. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve(undefined)));
    for (const socket of this.sockets) socket.destroy();
    await closed;
    this.server = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
  }
}
