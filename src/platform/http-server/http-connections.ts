import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Settings } from '../config/index.js';
import { Lifecycle } from '../lifecycle/index.js';
import { SocketMemory } from '../sockets/index.js';
import { beforeHeaders } from './before-headers.js';
import { type ConnectionRefusal, HttpConnectionsMetrics } from './http-connections.metrics.js';
import { IdleConnections } from './idle-connections.js';
import { HttpMemory } from './http-memory.js';
import { refuseInHttp } from './refuse-in-http.js';

/** Bounds the connections of an HTTP server, and ends those of which no request can come. */
@Injectable()
export class HttpConnections {
  /** What the last request of a connection is answered with. */
  private readonly responses = new WeakMap<Duplex, ServerResponse>();

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly settings: Settings,
    private readonly lifecycle: Lifecycle,
    private readonly metrics: HttpConnectionsMetrics,
    private readonly memory: SocketMemory,
  ) {}

  /** Bounds the port that nodes come to. */
  start(): void {
    this.bound(this.server, this.settings.HTTP_MAX_CONNECTIONS, { takesUpgrades: true });
  }

  /**
   * That port takes no more connections.
   *
   * @param graceMs answers that are under way are cut after so long: milliseconds
   */
  async stop(graceMs: number): Promise<void> {
    const { server } = this;
    const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
    // With an error where it has not listened yet, which is as good.
    await new Promise((resolve) => server.close(resolve));
    clearTimeout(cutOff);
  }

  /**
   * @param most connections at once; for another one the one that is idle for longest gives way
   * @param options whether it has WebSockets: without a listener for upgrades Node answers them as other requests
   */
  bound(server: Server, most: number, { takesUpgrades = false } = {}): void {
    server.maxConnections = most;
    server.on('drop', () => this.metrics.refused('too_many'));
    const idle = new IdleConnections(server, most, () => this.metrics.refused('idle_evicted'));
    server.on('connection', (socket: Socket) => HttpMemory.follow(socket, this.memory));
    if (takesUpgrades) {
      // Sockets have bounds of their own.
      server.prependListener('upgrade', ({ socket }: IncomingMessage) => {
        idle.delete(socket);
        HttpMemory.of(socket)?.end();
      });
    }
    // Before whoever answers, since an answer may be out within this very turn.
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      this.asked(request.socket, response);
      HttpMemory.of(request.socket)?.asked(request, response);
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.failed(error, socket));
  }

  private get server(): Server {
    return this.host.httpAdapter.getHttpServer() as Server;
  }

  private get isDraining(): boolean {
    return this.lifecycle.state === 'draining';
  }

  /**
   * Node keeps a connection for 5 s after an answer, and the end of a server would wait for that. The last answer says
   * that it is the last, so that a client sends nothing more that would be cut; one that has begun before cannot.
   */
  private asked(socket: Socket, response: ServerResponse): void {
    this.responses.set(socket, response);
    const isLast = (): boolean => this.isDraining && this.responses.get(socket) === response;
    beforeHeaders(response, () => {
      if (isLast()) response.setHeader('Connection', 'close');
    });
    response.once('finish', () => {
      if (isLast()) socket.destroySoon();
    });
  }

  private failed({ code = '' }: NodeJS.ErrnoException, socket: Duplex): void {
    // What still comes of a client that has its answer is no news.
    if (socket.writableEnded) return;
    const [reason, status] = refusalOf(code);
    if (reason !== undefined) this.metrics.refused(reason);
    const response = this.responses.get(socket);
    const isAnswering = response?.headersSent === true && !response.writableFinished;
    if (status === undefined || isAnswering || !socket.writable) socket.destroy();
    else refuseInHttp(socket, status);
  }
}

/** Nothing where the line broke: nobody is there to be answered. */
function refusalOf(code: string): [ConnectionRefusal, number] | [] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['too_slow', 408];
  if (code === 'HPE_HEADER_OVERFLOW') return ['headers_too_large', 431];
  return code.startsWith('HPE_') ? ['malformed', 400] : [];
}
