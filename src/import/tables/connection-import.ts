import { HOUR_MS, readClocks } from '../../storage/index.js';
import type { IdRange } from '../id-ranges.js';
import type { Lane } from '../lane.js';
import { readConnections } from '../source/connection-sql.js';
import { fingerprintsIn } from '../source/fingerprints.js';
import { millisecondsOf } from '../source/time-text.js';
import type { SourceTable } from '../source/source-tables.js';
import { hourOf, type ImportLedger, type Outcome } from '../target/import-ledger.js';
import { describeConnections, knownConnections } from '../target/write-connections.js';
import type { MessageTarget } from './log-import.js';
import { TableImport } from './table-import.js';

/**
 * Brings over the connections that no message has brought, once messages are through. Those that are older than
 * messages may be are left out: the purge would remove them.
 */
export class ConnectionImport extends TableImport {
  constructor(
    private readonly connections: SourceTable,
    ledger: ImportLedger,
    private readonly target: Pick<MessageTarget, 'collector' | 'genesis' | 'settings'>,
  ) {
    super(connections.name, ledger);
  }

  protected override async bring(lane: Lane, range: IdRange): Promise<Outcome> {
    const { collector, settings } = this.target;
    const cutoff = (await readClocks(lane.target)).now - settings.LOG_EXPIRY_H * HOUR_MS;
    const fingerprints = await fingerprintsIn(lane.source, this.table, range);
    const rows = await readConnections(lane.source, this.connections, this.target, 'c.id BETWEEN $1 AND $2', [
      range.first,
      range.last,
    ]);
    return await this.ledger.transaction(lane.target, async () => {
      const known = await knownConnections(
        lane.target,
        collector,
        rows.map(({ id }) => id),
      );
      const kept = rows.filter(
        ({ id, audit, created_at: at }) => audit || millisecondsOf(at) >= cutoff || known.has(id),
      );
      if (kept.length > 0) await describeConnections(lane.target, collector, kept);
      const expired = rows.length - kept.length;
      const expiring: Record<string, number> = {};
      for (const { audit, created_at: at } of kept) {
        const hour = hourOf(new Date(millisecondsOf(at)));
        if (!audit) expiring[hour] = (expiring[hour] ?? 0) + 1;
      }
      const leftOut = expired === 0 ? {} : { expired };
      const outcome: Outcome = { imported: kept.length, leftOut, expiring, fingerprints };
      await this.ledger.note(lane.target, this.table, range, outcome);
      return outcome;
    });
  }
}
