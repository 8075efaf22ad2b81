import { CONNECTIONS_OF_NODE, numeric, POINTS, messagesAtPoints, whole } from './connections.js';

/* Series of the chosen node. */

const newestInterval = (field: 'height' | 'peers', fields: Record<string, string>): string => `
WITH ${CONNECTIONS_OF_NODE},
${POINTS}
SELECT point.lower AS "time", ${Object.keys(fields)
  .map((name) => `max(message."${name}")::float8 AS "${name}"`)
  .join(', ')}
  FROM ${messagesAtPoints(
    Object.entries(fields)
      .map(([name, value]) => `${value} AS "${name}"`)
      .join(', '),
    'system.interval',
    `AND logs ? '${field}' ORDER BY created_at DESC LIMIT 1`,
  )}
 GROUP BY 1
 ORDER BY 1`;

export const NODE_HEIGHTS = newestInterval('height', {
  best: whole('height'),
  finalized: whole('finalized_height'),
});

export const NODE_TRANSACTIONS = newestInterval('height', { transactions: whole('txcount') });

export const NODE_PEERS = newestInterval('peers', { peers: numeric('peers') });

export const NODE_BANDWIDTH = newestInterval('peers', {
  up: numeric('bandwidth_upload'),
  down: numeric('bandwidth_download'),
});
