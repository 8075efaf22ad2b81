import type { Check, Machine } from '../check.js';
import { ok, warning } from '../finding.js';
import { isLoopback } from '../is-loopback.js';

/** Whether strangers may read what is stored. */
export const access: Check<Machine> = {
  name: 'access',
  look: ({ settings: { API_TOKENS, HOST } }) => {
    if (API_TOKENS.length > 0) return ok(`The HTTP API and the live feed require a token (${API_TOKENS.length} configured).`);
    if (isLoopback(HOST)) return ok(`The server listens on ${HOST} only, so it needs no tokens.`);
    return warning(
      `Any client that reaches the port can read all stored data: API_TOKENS is not set, and HOST is ${HOST}.`,
      'Set API_TOKENS, or restrict access with a firewall or a proxy: docs/operations.md#on-a-public-network.',
    );
  },
};
