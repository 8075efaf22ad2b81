import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What happens when a client sends something: `answer lost` lets it through, and cuts where an answer with the same text comes. */
export type Fault = 'freeze' | 'cut' | 'answer lost';

interface Link {
  client: Socket;
  upstream: Socket;
  /** The text of the answer that does not get through. */
  lostAnswer: string | undefined;
}

/** Stands between the server and PostgreSQL, and can freeze or cut what goes through it. */
export class PostgresProxy implements AsyncDisposable {
  private readonly links = new Set<Link>();
  private fault: { text: string; kind: Fault } | undefined;
  private frozen = false;
  /** Connections that were made so far. */
  connections = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', (client) => this.accept(client));
  }

  static async start(url: string): Promise<PostgresProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PostgresProxy(server, new URL(url));
  }

  /** The same database, by way of the proxy. */
  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen.');
    const url = new URL(this.target);
    url.host = `127.0.0.1:${address.port}`;
    return url.href;
  }

  /** Nothing goes through: see {@link freeze}. */
  get isFrozen(): boolean {
    return this.frozen;
  }

  /** Once, the next time that a client sends a text. */
  when(text: string, kind: Fault): void {
    this.fault = { text, kind };
  }

  /** No data passes any more, not even the end of a connection, as when a cable is pulled. */
  freeze(): void {
    this.frozen = true;
    for (const { client, upstream } of this.links) {
      client.pause();
      upstream.pause();
    }
  }

  thaw(): void {
    this.frozen = false;
    for (const { client, upstream } of this.links) {
      if (client.destroyed) upstream.destroy();
      client.resume();
      upstream.resume();
    }
  }

  private accept(client: Socket): void {
    this.connections += 1;
    const upstream = connect(Number(this.target.port || 5432), this.target.hostname);
    const link: Link = { client, upstream, lostAnswer: undefined };
    this.links.add(link);
    if (this.frozen) {
      client.pause();
      upstream.pause();
    }
    client.on('data', (chunk) => this.fromClient(link, chunk));
    upstream.on('data', (chunk) => this.fromServer(link, chunk));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (!this.frozen) other.destroy();
        if (other.destroyed) this.links.delete(link);
      });
    }
  }

  private fromClient(link: Link, chunk: Buffer): void {
    if (this.fault !== undefined && chunk.includes(this.fault.text)) {
      const { kind, text } = this.fault;
      this.fault = undefined;
      if (kind === 'freeze') this.freeze();
      if (kind === 'cut') this.cut(link);
      if (kind !== 'answer lost') return;
      link.lostAnswer = text;
    }
    link.upstream.write(chunk);
  }

  private fromServer(link: Link, chunk: Buffer): void {
    if (link.lostAnswer !== undefined && chunk.includes(link.lostAnswer)) this.cut(link);
    else link.client.write(chunk);
  }

  private cut({ client, upstream }: Link): void {
    client.destroy();
    upstream.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.frozen = false;
    for (const link of this.links) this.cut(link);
    this.server.close();
    await once(this.server, 'close');
  }
}
