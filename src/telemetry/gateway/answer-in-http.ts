import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Headers that are about the connection and the protocol that was asked for. */
const DROPPED = new Set(['connection', 'upgrade', 'http2-settings']);

/**
 * Answers a request that asks for a protocol that we do not speak as if it had not asked, which HTTP leaves to
 * the server. Clients such as Java's and curl's ask for HTTP/2 in this way, and Node then hands over the socket.
 */
export function answerInHttp(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method = 'GET', url = '/', rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (!DROPPED.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  const start = Buffer.from(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`, 'latin1');
  socket.unshift(Buffer.concat([start, head]));
  server.emit('connection', socket);
}
