import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  STATUS_CODES,
} from 'node:http';
import type { Duplex } from 'node:stream';

/** `shouldUpgradeCallback`: since Node.js 22.21 and 24.9; ignored by earlier ones. */
type BoundedServerOptions = ServerOptions & { shouldUpgradeCallback?: (request: IncomingMessage) => boolean };

/** Limits on requests. Times are milliseconds. */
const LIMITS: ServerOptions = {
  /** From the connection, or the last response, to the end of the headers. */
  headersTimeout: 10_000,
  /** To the end of the body, of at most 8 MiB: that needs 2.2 Mbit/s. */
  requestTimeout: 30_000,
  /** Between two checks of these timeouts. */
  connectionsCheckingInterval: 1_000,
  /** Of all headers together: bytes. */
  maxHeaderSize: 16_384,
};

/**
 * A server of Node.js that ends slow requests. HttpConnections limits their number, and sends the responses.
 *
 * @param options lower limits, for other ports; which requests have the `upgrade` event
 */
export function boundedServer(
  listener: RequestListener,
  options: Pick<BoundedServerOptions, 'requestTimeout' | 'headersTimeout' | 'shouldUpgradeCallback'> = {},
): Server {
  const all: BoundedServerOptions = { ...LIMITS, ...options };
  const server = createServer(all, listener);
  // Node.js ignores the headers above the limit, and the last ones are those of a proxy. maxHeaderSize limits them.
  server.maxHeadersCount = 0;
  return server;
}

/** Express on a {@link boundedServer}. */
export class BoundedHttpAdapter extends ExpressAdapter {
  override initHttpServer(options: NestApplicationOptions): void {
    super.initHttpServer(options);
    this.setHttpServer(boundedServer(this.getInstance(), { shouldUpgradeCallback: isWebSocketHandshake }));
  }
}

/**
 * Sends an error response, and closes the connection.
 *
 * @param retryAfterS until a retry may succeed: seconds
 */
export function refuseInHttp(socket: Duplex, status: number, retryAfterS?: number): void {
  // Without waiting for the client to close its end.
  socket.once('finish', () => socket.destroy());
  const text = STATUS_CODES[status] ?? '';
  const body = JSON.stringify({ type: 'about:blank', title: text, status });
  const retry = retryAfterS === undefined ? '' : `Retry-After: ${retryAfterS.toString()}\r\n`;
  socket.end(
    `HTTP/1.1 ${status.toString()} ${text}\r\nConnection: close\r\n${retry}` +
      `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body).toString()}\r\n\r\n${body}`,
  );
}

/**
 * Whether a request opens a WebSocket. Other upgrades get the response of a request without an upgrade, which HTTP
 * allows: clients such as those of Java and curl request HTTP/2 in this way. So does a handshake with a body, which
 * versions of Node.js pass on in different ways, and no client sends.
 */
export function isWebSocketHandshake({ headers }: IncomingMessage): boolean {
  if (headers.upgrade?.toLowerCase() !== 'websocket') return false;
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
}

/** Headers of the connection and of the requested protocol. */
const HOP_BY_HOP_HEADERS = new Set(['connection', 'upgrade', 'http2-settings']);

/** Responds to a request that is not a handshake where it has the `upgrade` event: without `shouldUpgradeCallback`. */
export function respondInHttp(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method = 'GET', url = '/', rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (!HOP_BY_HOP_HEADERS.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  const start = Buffer.from(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`, 'latin1');
  socket.unshift(Buffer.concat([start, head]));
  server.emit('connection', socket);
}
