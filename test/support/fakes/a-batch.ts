import type { Batch } from '../../../src/telemetry/index.js';

/** A batch with one row of so many bytes. */
export function aBatch(id: string, bytes = 100): Batch {
  return {
    id,
    firstReceivedAt: 1_764_000_000_000,
    sealedAt: 1_764_000_000_100,
    expiring: { rows: 1, text: Buffer.alloc(bytes, `${id}\n`), oldest: 1, newest: 2 },
    audit: { rows: 0, text: Buffer.alloc(0), oldest: 0, newest: 0 },
    connections: [],
    rejected: [],
  };
}
