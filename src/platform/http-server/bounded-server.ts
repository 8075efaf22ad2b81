import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';

/** What a client may take before it has asked anything. Times are milliseconds. */
const BOUNDS: ServerOptions = {
  /** From the connection, or the last answer, to the end of the headers. */
  headersTimeout: 10_000,
  /** To the end of the body, of 8 MiB at most: a slow line brings that at 2.2 Mbit/s. */
  requestTimeout: 30_000,
  /** So much later than that, at most, it is noticed. */
  connectionsCheckingInterval: 1_000,
  /** Bytes of all headers. */
  maxHeaderSize: 16_384,
};

/**
 * A server of Node that gives slow and talkative clients up. HttpConnections bounds their number, and answers them.
 *
 * @param bounds that are tighter than those of the port that nodes come to
 */
export function boundedServer(
  answer: RequestListener,
  bounds: Pick<ServerOptions, 'requestTimeout' | 'headersTimeout'> = {},
): Server {
  const server = createServer({ ...BOUNDS, ...bounds }, answer);
  // Node leaves out the headers beyond, and the last ones are those of our proxy. Their size bounds their number.
  server.maxHeadersCount = 0;
  return server;
}
