import { Injectable, Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import onHeaders from 'on-headers';
import { Counter } from 'prom-client';
import { Settings } from '../config/index.js';
import { Lifecycle } from '../lifecycle/index.js';
import { SocketMemory, SocketMemoryModule } from '../sockets/index.js';
import { refuseInHttp } from './bounded-server.js';
import { HttpMemory } from './http-memory.js';
import { IdleConnections } from './idle-connections.js';

/**
 * `too_many`: above `HTTP_MAX_CONNECTIONS`, or the limit of the port of metrics. `idle_evicted`: without a request, at
 * the limit. `too_slow`: no complete request in time. `headers_too_large`: more than 16 KiB. `malformed`: not HTTP.
 */
type ConnectionRefusal = 'too_many' | 'idle_evicted' | 'too_slow' | 'headers_too_large' | 'malformed';

/** Counts connections that are ended before there is a request. */
@Injectable()
export class HttpConnectionsMetrics {
  constructor(@InjectMetric('tetcore_http_connections_refused_total') private readonly refusals: Counter) {}

  refused(reason: ConnectionRefusal): void {
    this.refusals.inc({ reason });
  }
}

/** Limits the connections of an HTTP server, and closes them when the server stops. */
@Injectable()
export class HttpConnections {
  /** The response to the last request of each connection. */
  private readonly responses = new WeakMap<Duplex, ServerResponse>();

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly settings: Settings,
    private readonly lifecycle: Lifecycle,
    private readonly metrics: HttpConnectionsMetrics,
    private readonly memory: SocketMemory,
  ) {}

  /** Limits the connections of `PORT`. */
  start(): void {
    this.limit(this.server, this.settings.HTTP_MAX_CONNECTIONS, { acceptsUpgrades: true });
  }

  /**
   * Stops accepting connections on `PORT`.
   *
   * @param graceMs until responses that are being sent are terminated: milliseconds
   */
  async stop(graceMs: number): Promise<void> {
    const { server } = this;
    const terminate = setTimeout(() => server.closeAllConnections(), graceMs);
    // A server that does not listen yet calls back with an error, which does not matter.
    await new Promise((resolve) => server.close(resolve));
    clearTimeout(terminate);
  }

  /**
   * @param max connections at once; the next one evicts the connection that has been idle for longest
   * @param options whether it has WebSockets: without a listener for upgrades Node.js emits them as requests
   */
  limit(server: Server, max: number, { acceptsUpgrades = false } = {}): void {
    server.maxConnections = max;
    server.on('drop', () => this.metrics.refused('too_many'));
    const idle = new IdleConnections(server, max, () => this.metrics.refused('idle_evicted'));
    server.on('connection', (socket: Socket) => HttpMemory.follow(socket, this.memory));
    if (acceptsUpgrades) {
      // WebSockets have limits of their own.
      server.prependListener('upgrade', ({ socket }: IncomingMessage) => {
        idle.delete(socket);
        HttpMemory.of(socket)?.end();
      });
    }
    // Before the routes, since they may respond within this turn of the event loop.
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      // Node.js discards what a client sends right after a request for an upgrade.
      if (request.headers.upgrade !== undefined) response.setHeader('Connection', 'close');
      this.onRequest(request.socket, response);
      HttpMemory.of(request.socket)?.onRequest(request, response);
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.onClientError(error, socket));
  }

  private get server(): Server {
    return this.host.httpAdapter.getHttpServer() as Server;
  }

  private get isDraining(): boolean {
    return this.lifecycle.state === 'draining';
  }

  /**
   * Node.js keeps a connection open for 5 s after a response, and the stop of a server would wait for that. While it
   * drains, the last response has `Connection: close`, so that the client sends no further request on it. A response
   * whose headers were sent before cannot have it.
   */
  private onRequest(socket: Socket, response: ServerResponse): void {
    this.responses.set(socket, response);
    const isLast = (): boolean => this.isDraining && this.responses.get(socket) === response;
    onHeaders(response, () => {
      if (isLast()) response.setHeader('Connection', 'close');
    });
    response.once('finish', () => {
      if (isLast()) socket.destroySoon();
    });
  }

  private onClientError({ code = '' }: NodeJS.ErrnoException, socket: Duplex): void {
    // The response has been sent: what the client does after it does not matter.
    if (socket.writableEnded) return;
    const [reason, status] = refusalOf(code);
    if (reason !== undefined) this.metrics.refused(reason);
    const response = this.responses.get(socket);
    const isResponding = response?.headersSent === true && !response.writableFinished;
    if (status === undefined || isResponding || !socket.writable) socket.destroy();
    else refuseInHttp(socket, status);
  }
}

/** Empty where the connection broke: there is no client to respond to. */
function refusalOf(code: string): [ConnectionRefusal, number] | [] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['too_slow', 408];
  if (code === 'HPE_HEADER_OVERFLOW') return ['headers_too_large', 431];
  return code.startsWith('HPE_') ? ['malformed', 400] : [];
}

@Module({
  imports: [SocketMemoryModule],
  providers: [
    makeCounterProvider({
      name: 'tetcore_http_connections_refused_total',
      help: 'TCP connections that were closed before there was a complete request, by reason.',
      labelNames: ['reason'],
    }),
    HttpConnections,
    HttpConnectionsMetrics,
  ],
  exports: [HttpConnections],
})
export class HttpServerModule {}
