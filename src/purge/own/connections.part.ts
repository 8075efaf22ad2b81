import { endedBefore, LOST_CONNECTION_MS } from '../../storage/index.js';
import type { ExpiringRows } from '../expiring-rows.js';
import type { PurgeContext } from '../purge-context.js';

/** Whether the row of a connection has expired, by {@link expiredBefore}: those of `/audit` and those alive never. */
export const EXPIRED_CONNECTION = `NOT audit AND ended_at < $1 AND ${endedBefore('$1', '$2')}`;

/** The parameters of {@link EXPIRED_CONNECTION}: a row stays as long as messages of its connection may. */
export async function expiredBefore(context: PurgeContext): Promise<[cutoff: Date, lostCutoff: Date]> {
  const cutoff = await context.keptFrom();
  return [cutoff, new Date(cutoff.getTime() - LOST_CONNECTION_MS)];
}

export const connections: ExpiringRows = {
  table: 'peer_connections',
  after: ['logs_expiring'],
  key: ['id', 'collector'],
  orderBy: 'ended_at',
  condition: EXPIRED_CONNECTION,
  kept: expiredBefore,
};
