import type { IncomingMessage } from 'node:http';

/** The address of whoever opened a socket; an IPv4 one is written as such also where the socket is IPv6. */
export function peerAddress(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}
