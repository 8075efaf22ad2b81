import type { PurgeContext } from './purge-context.js';
import type { Expired } from './purge-preview.js';
import type { PurgeReport } from './purge-report.js';

/** Something that expires: one part of every purge. */
export interface PurgePart {
  /** No other has it: the table, as a rule. Failures are reported under it. */
  readonly name: string;
  /** Parts that come before. Where one of them fails, this one is left for the next purge. */
  readonly after?: readonly string[];

  /**
   * Removes what has expired. Others are not held up: small transactions, and none is open at the end. Where the signal
   * is aborted it ends soon, and leaves the rest for the next purge.
   *
   * @param report takes what is removed, as it is: this may fail half-way
   */
  purge(context: PurgeContext, report: PurgeReport): Promise<void>;

  /** What {@link purge} would remove. Changes nothing. */
  preview(context: PurgeContext): Promise<Expired>;
}
