import { writeSync } from 'node:fs';
import type { CollectorIdentity } from '../../storage/index.js';
import { isCollector } from '../gaps/gap-record.js';

/** All heartbeats have the same length, so that each overwrites the one before. */
const LENGTH = 256;

const VERSION = 1;

/** A process, and until when it has taken nodes in. */
export interface Heartbeat {
  collector: CollectorIdentity;
  /** Whether it stopped in order at that time. */
  stopped: boolean;
  /** By the database's clock: milliseconds. */
  databaseMs: number;
  /** Whether that clock was known; otherwise the time is that of the local one. */
  measured: boolean;
}

/** In one write without a sync: what the kernel has outlives the process, and another heartbeat comes soon. */
export function writeHeartbeat(file: number, { collector, stopped, databaseMs, measured }: Heartbeat): void {
  const text = JSON.stringify({
    version: VERSION,
    collector: { id: collector.id, number: collector.number },
    stopped,
    database_ms: Math.round(databaseMs),
    measured,
  });
  writeSync(file, `${text.padEnd(LENGTH - 1)}\n`, 0);
}

/** Undefined where it was written by another version, or cannot be read. */
export function readHeartbeat(text: string): Heartbeat | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const {
    version,
    collector,
    stopped,
    database_ms: databaseMs,
    measured,
  } = (value ?? {}) as Record<string, unknown>;
  return version === VERSION && isCollector(collector) && Number.isFinite(databaseMs)
    ? {
        collector,
        stopped: stopped === true,
        databaseMs: databaseMs as number,
        measured: measured === true,
      }
    : undefined;
}
