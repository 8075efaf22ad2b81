import type { Check, Machine } from '../check.js';
import { ok, warning } from '../finding.js';
import { isLoopback } from '../is-loopback.js';

/** Whether strangers may read what is stored. */
export const access: Check<Machine> = {
  name: 'access',
  look: ({ settings: { API_TOKENS, HOST } }) => {
    if (API_TOKENS.length > 0) return ok(`The HTTP API and the feed ask for a token (${API_TOKENS.length}).`);
    if (isLoopback(HOST)) return ok(`The server listens on ${HOST} alone, so it needs no tokens.`);
    return warning(
      `Whoever reaches the port may read what is stored: API_TOKENS is not set, and HOST is ${HOST}.`,
      'Set API_TOKENS, or have a firewall or a proxy before the port: docs/operations.md#on-a-public-network.',
    );
  },
};
