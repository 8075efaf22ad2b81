/** For a connection to come about, and for its settings to be taken: milliseconds. */
export const CONNECT_TIMEOUT_MS = 5_000;

/** What every connection has, in a pool or outside of one. */
export const CONNECTION_OPTIONS = {
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
} as const;
