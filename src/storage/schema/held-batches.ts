/*
 * `collectors.holds_from`: a process, or the journal that it left, may still store its batches from this id on. Its ids
 * are in order, so all below are done with, and their rows of `ingest_batches` can go.
 */

/** Below every id: nothing is known, and all ids stay. */
export const NOTHING_KNOWN = '00000000-0000-0000-0000-000000000000';

/** Above every id: its journal is empty or gone, and it has ended. */
export const NOTHING_HELD = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
