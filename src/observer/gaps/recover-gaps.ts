import type { DatabaseClock } from '../../storage/index.js';
import type { LeftFolder } from '../folder/left-folders.js';
import { type Gap, newGap } from './gap.js';
import { gapOf } from './gap-record.js';

/** A process may have been there for so long after its last heartbeat, and a little more: milliseconds. */
const AFTER_HEARTBEAT_MS = 1_000;

/**
 * The gaps of a process that is gone: those that it could not store, of which its own end with its last heartbeat, and
 * that it was down from then on.
 *
 * @param letInAt when this process let nodes in
 * @param wasGone whether it was found before that
 * @returns `isOver`: false where it was there later than that, beside this process. When its gap ends is then for the
 *   next one to say that starts in its folder.
 */
export function recoverGaps(
  { heartbeat, gaps }: Pick<LeftFolder, 'heartbeat' | 'gaps'>,
  { letInAt, wasGone }: { letInAt: { monotonicMs: number }; wasGone: boolean },
  clock: DatabaseClock,
): { gaps: Gap[]; isOver: boolean } {
  const { collector, stopped, measured, databaseMs } = heartbeat;
  const lastMs = measured ? databaseMs : clock.databaseTime(databaseMs);
  const last = { databaseMs: lastMs };
  const thereUntil = lastMs + (stopped ? 0 : AFTER_HEARTBEAT_MS);
  const isOver = wasGone || thereUntil <= clock.databaseTimeOf(letInAt.monotonicMs);
  const down: Gap = { ...newGap(collector, 'down', last), ended: isOver ? letInAt : undefined };
  if (!isOver) return { gaps: [down], isOver };
  const unstored = gaps.map(gapOf).map((gap) => {
    const goesOn = gap.ended === undefined && gap.cause !== 'down';
    return goesOn ? { ...gap, ended: last } : gap;
  });
  return { gaps: [...unstored, down], isOver };
}
