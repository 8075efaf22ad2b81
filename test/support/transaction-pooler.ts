import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** How a pooler distributes connections to PostgreSQL over its clients. */
export interface Pooling {
  /** `session`: a client keeps its connection. `transaction`: it gets one for each transaction. */
  mode: 'session' | 'transaction';
  /** The free connection that is used next: the one that was released last, as in PgBouncer, or first. */
  next?: 'last' | 'first';
}

const SSL_REQUEST = 80_877_103;
const IDLE = 'I'.charCodeAt(0);

/** A connection to PostgreSQL. */
class Backend {
  /** The client that has it. */
  client: Socket | undefined;
  private rest = Buffer.alloc(0);

  constructor(
    readonly socket: Socket,
    private readonly onIdle: (backend: Backend) => void,
  ) {
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => this.client?.destroy());
  }

  /** Passes data on, and looks for `ReadyForQuery` outside of a transaction. */
  private receive(chunk: Buffer): void {
    this.client?.write(chunk);
    this.rest = Buffer.concat([this.rest, chunk]);
    while (this.rest.length >= 5) {
      const length = 1 + this.rest.readInt32BE(1);
      if (this.rest.length < length) return;
      const isIdle = this.rest[0] === 'Z'.charCodeAt(0) && this.rest[5] === IDLE;
      this.rest = this.rest.subarray(length);
      if (isIdle) this.onIdle(this);
    }
  }
}

/** Stands between a server and PostgreSQL, and pools connections as PgBouncer does. */
export class TransactionPooler implements AsyncDisposable {
  private readonly clients = new Set<Socket>();
  private readonly backends = new Set<Backend>();
  private readonly free: Backend[] = [];

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    private readonly pooling: Pooling,
  ) {
    server.on('connection', (client) => this.accept(client));
  }

  static async start(url: string, pooling: Pooling): Promise<TransactionPooler> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TransactionPooler(server, new URL(url), pooling);
  }

  get url(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  private accept(client: Socket): void {
    this.clients.add(client);
    // Each client logs in on a connection of its own, which then belongs to all.
    let backend: Backend | undefined = this.open(client);
    const isFree = (): boolean => backend?.client !== client;
    client.on('data', (chunk) => {
      if (chunk.length === 8 && chunk.readInt32BE(4) === SSL_REQUEST) {
        client.write('N');
        return;
      }
      // Terminate
      if (chunk[0] === 'X'.charCodeAt(0)) return;
      if (isFree()) {
        backend = (this.pooling.next === 'first' ? this.free.shift() : this.free.pop()) ?? backend;
        if (backend !== undefined) backend.client = client;
      }
      backend?.socket.write(chunk);
    });
    client.on('error', () => undefined);
    client.on('close', () => {
      this.clients.delete(client);
      // Sessions are not reused here.
      if (this.pooling.mode === 'session') backend?.socket.destroy();
    });
  }

  private open(client: Socket): Backend {
    const socket = connect(Number(this.target.port), this.target.hostname);
    const backend = new Backend(socket, (idle) => {
      if (this.pooling.mode === 'session') return;
      idle.client = undefined;
      this.free.push(idle);
    });
    backend.client = client;
    this.backends.add(backend);
    return backend;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.backends) socket.destroy();
    for (const client of this.clients) client.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
