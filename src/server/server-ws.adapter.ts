import { Logger } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import type { MessageMappingProperties } from '@nestjs/websockets';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Observable } from 'rxjs';
import type { WebSocketServer } from 'ws';
import type { Settings } from '../platform/config/index.js';
import { isWebSocketHandshake, refuseInHttp, respondInHttp } from '../platform/http-server/index.js';
import { messageLimits } from '../platform/sockets/index.js';
import type { UpgradeGuard, UpgradeRefusal } from '../telemetry/index.js';

/** The close grace period: ws terminates a connection whose close frame has not arrived by then. Milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000;

const UNKNOWN_PATH: UpgradeRefusal = { status: 404, reason: 'unknown_path' };
const FEED_FULL: UpgradeRefusal = { status: 503, reason: 'feed_full', retryAfterS: 5 };

/** `isFull`: set by a gateway with a limit of its own. */
type PathServer = WebSocketServer & { path: string; options: { isFull?: () => boolean } };

/** The WebSocket adapter of the server: limits from the settings, and an HTTP response for each refusal. */
export class ServerWsAdapter extends WsAdapter {
  protected override readonly logger = new Logger(ServerWsAdapter.name);

  constructor(
    httpServer: Server,
    private readonly settings: Settings,
    private readonly guard: UpgradeGuard,
  ) {
    super(httpServer);
  }

  override create(port: number, options: Record<string, unknown> & { maxPayload?: number } = {}): unknown {
    // A gateway may have a lower limit.
    const { maxPayload = this.settings.WS_MAX_PAYLOAD } = options;
    return super.create(port, {
      ...options,
      maxPayload,
      ...messageLimits(maxPayload),
      // Compression costs memory on every socket, and no node supports it.
      perMessageDeflate: false,
      // parseFrame rejects a message with invalid UTF-8; ws would close the socket.
      skipUTF8Validation: true,
      closeTimeout: CLOSE_TIMEOUT_MS,
      // ws would send pongs also to a client that does not read them.
      autoPong: false,
    } as never);
  }

  /** Gateways read raw frames. Without this Nest would parse each frame a second time. */
  override bindMessageHandlers(
    client: unknown,
    handlers: MessageMappingProperties[],
    transform: (data: unknown) => Observable<unknown>,
  ): void {
    if (handlers.length > 0) super.bindMessageHandlers(client, handlers, transform);
  }

  /** WatchedWebSocket counts client socket errors. Here they are only logged at debug. */
  override bindErrorHandler(server: WebSocketServer): WebSocketServer {
    server.on('connection', (ws) => ws.on('error', (error) => this.logger.debug(error.message)));
    server.on('error', (error) => this.logger.error(error));
    return server;
  }

  protected override ensureHttpServerExists(port: number, httpServer?: Server): Server | undefined {
    if (httpServer === undefined || this.httpServersRegistry.has(port)) return undefined;
    this.httpServersRegistry.set(port, httpServer);
    httpServer.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      if (isWebSocketHandshake(request)) this.upgrade(port, request, socket, head);
      else respondInHttp(httpServer, request, socket, head);
    });
    return httpServer;
  }

  private upgrade(port: number, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = pathOf(request);
    const servers = (this.wsServersRegistry.get(port) ?? []) as unknown as PathServer[];
    const server = servers.find((candidate) => candidate.path === path);
    const refusal = refusalOf(server) ?? this.guard.check(request, path);
    if (server === undefined || refusal !== null) {
      const { status, retryAfterS } = refusal ?? UNKNOWN_PATH;
      refuseInHttp(socket, status, retryAfterS);
      this.guard.refused(request, refusal ?? UNKNOWN_PATH);
      return;
    }
    server.handleUpgrade(request, socket, head, (ws) => server.emit('connection', ws, request));
  }
}

function refusalOf(server: PathServer | undefined): UpgradeRefusal | null {
  if (server === undefined) return UNKNOWN_PATH;
  return server.options.isFull?.() === true ? FEED_FULL : null;
}

/** The path of the request, without query and trailing slash. */
function pathOf(request: IncomingMessage): string {
  const [path = ''] = (request.url ?? '/').split(/[?#]/, 1);
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end) || '/';
}
