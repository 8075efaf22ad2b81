import { isMissingPartition, isRejectedData } from '../../storage/index.js';
import { halves, idsIn, type IdRange } from '../source/id-ranges.js';
import type { ImportWorker } from '../import-worker.js';
import type { ImportLedger, RangeResult } from '../target/import-ledger.js';

/** Maximum number of attempts if partitions are dropped before the write. */
const MAX_TRIES = 5;

/** Imports a table, range by range. */
export abstract class TableImport {
  /** Whether ranges can be imported concurrently. */
  readonly parallel: boolean = true;

  /** @param table its name in the source */
  constructor(
    readonly table: string,
    protected readonly ledger: ImportLedger,
  ) {}

  /** Imports the rows of a range in one transaction. */
  protected abstract importRange(worker: ImportWorker, range: IdRange): Promise<RangeResult>;

  /** Clears cached partitions. */
  protected forgetPartitions(): void {
    // Most tables have none.
  }

  /**
   * Imports a range. If PostgreSQL rejects its data, the range is split in halves until the rejected row is found and
   * recorded as skipped.
   *
   * @returns the number of imported rows
   */
  async run(worker: ImportWorker, range: IdRange, tries = 0): Promise<number> {
    try {
      return (await this.importRange(worker, range)).imported;
    } catch (error) {
      if (isMissingPartition(error) && tries < MAX_TRIES) {
        this.forgetPartitions();
        await worker.renew();
        return await this.run(worker, range, tries + 1);
      }
      if (!isRejectedData(error)) throw error;
      await worker.renew();
      if (idsIn(range) === 1) return await this.skipRow(worker, range);
      const [lower, upper] = halves(range);
      return (await this.run(worker, lower)) + (await this.run(worker, upper));
    }
  }

  private async skipRow(worker: ImportWorker, range: IdRange): Promise<number> {
    await this.ledger.transaction(worker.target, () =>
      this.ledger.record(worker.target, this.table, range, { imported: 0, skipped: { refused: 1 } }),
    );
    return 0;
  }
}
