import type { ClientBase } from 'pg';
import { connect } from 'node:net';

/** Asks the server to cancel what a session runs: PostgreSQL, "Frontend/Backend Protocol", CancelRequest. */
const CANCEL_REQUEST = 80_877_102;
/** How long a server may take to cancel: milliseconds. */
const CANCEL_LIMIT_MS = 1_000;

interface Session {
  host: string;
  port: number;
  processID: number | null;
  secretKey: number | null;
  connection: { stream: { destroy(): void } };
}

/**
 * Cancels the statement that a connection runs, which fails then. The connection is not to be used again: its socket
 * is cut where the server does not cancel in time.
 */
export function cancelStatement(client: ClientBase): void {
  const { host, port, processID, secretKey, connection } = client as unknown as Session;
  const timer = setTimeout(() => connection.stream.destroy(), CANCEL_LIMIT_MS);
  client.once('end', () => clearTimeout(timer));
  if (processID === null || secretKey === null) return;
  const request = Buffer.alloc(16);
  request.writeInt32BE(request.length, 0);
  request.writeInt32BE(CANCEL_REQUEST, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  // By a connection of its own, which the server closes without an answer.
  const socket = connect(
    host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port.toString()}` } : { host, port },
  );
  socket.setTimeout(CANCEL_LIMIT_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.end(request);
}
