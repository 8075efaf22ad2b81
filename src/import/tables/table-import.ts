import { isMissingPartition, isRejectedData } from '../../storage/index.js';
import { halves, idsIn, type IdRange } from '../id-ranges.js';
import type { Lane } from '../lane.js';
import type { ImportLedger, Outcome } from '../target/import-ledger.js';

/** Times that partitions may be dropped between looking for them and writing to them. */
const MOST_TRIES = 5;

/** Brings over one table, range by range. */
export abstract class TableImport {
  /** Whether several ranges may be brought at the same time. */
  readonly parallel: boolean = true;

  /** @param table its name in the source */
  constructor(
    readonly table: string,
    protected readonly ledger: ImportLedger,
  ) {}

  /** Brings the rows of a range, in one transaction. */
  protected abstract bring(lane: Lane, range: IdRange): Promise<Outcome>;

  /** What is known of partitions is not true any more. */
  protected forgetPartitions(): void {
    // Most tables have none.
  }

  /**
   * Brings a range. Where PostgreSQL refuses what is in it, its halves, and so on until the row is found and counted.
   *
   * @returns the number of rows that came over
   */
  async run(lane: Lane, range: IdRange, tries = 0): Promise<number> {
    try {
      return (await this.bring(lane, range)).imported;
    } catch (error) {
      if (isMissingPartition(error) && tries < MOST_TRIES) {
        this.forgetPartitions();
        await lane.renew();
        return await this.run(lane, range, tries + 1);
      }
      if (!isRejectedData(error)) throw error;
      await lane.renew();
      if (idsIn(range) === 1) return await this.leaveOut(lane, range);
      const [lower, upper] = halves(range);
      return (await this.run(lane, lower)) + (await this.run(lane, upper));
    }
  }

  private async leaveOut(lane: Lane, range: IdRange): Promise<number> {
    await this.ledger.transaction(lane.target, () =>
      this.ledger.note(lane.target, this.table, range, { imported: 0, leftOut: { refused: 1 } }),
    );
    return 0;
  }
}
