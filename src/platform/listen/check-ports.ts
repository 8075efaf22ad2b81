import { createServer } from 'node:net';
import { type ListenAddress, ListenError } from './listen.error.js';

/** Listens briefly. Returns the error if that fails. */
export function tryListening({
  host,
  port,
}: Pick<ListenAddress, 'host' | 'port'>): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', resolve);
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

/**
 * Whether a server can listen on its ports. They are free again afterwards, so another process can take one before the
 * server listens: then that fails with the same error.
 *
 * @throws ListenError
 */
export async function checkPorts(addresses: readonly ListenAddress[]): Promise<void> {
  for (const address of addresses) {
    const error = await tryListening(address);
    if (error !== undefined) throw new ListenError(address, error);
  }
}
