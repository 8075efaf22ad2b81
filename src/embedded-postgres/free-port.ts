import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** The wanted port of 127.0.0.1 if nothing listens on it, or else one that the system chooses. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  try {
    server.listen({ host: '127.0.0.1', port: wanted, exclusive: true });
    await once(server, 'listening');
  } catch (error) {
    if (wanted === 0) throw error;
    return freePort();
  }
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
