import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Answers with a problem and nothing else, and hangs up.
 *
 * @param retryAfterS seconds after which it is worth another try
 */
export function refuseInHttp(socket: Duplex, status: number, retryAfterS?: number): void {
  // Whoever does not close its own end is not waited for.
  socket.once('finish', () => socket.destroy());
  const text = STATUS_CODES[status] ?? '';
  const body = JSON.stringify({ type: 'about:blank', title: text, status });
  const retry = retryAfterS === undefined ? '' : `Retry-After: ${retryAfterS.toString()}\r\n`;
  socket.end(
    `HTTP/1.1 ${status.toString()} ${text}\r\nConnection: close\r\n${retry}` +
      `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body).toString()}\r\n\r\n${body}`,
  );
}
