import type { CachedRow } from '../cache/row-log.js';
import type { FeedLimits } from '../feed-limits.js';
import type { PeerMessage } from '../request/peer-message.js';

/** A frame to send, and where its reader stands after it. */
export interface Frame {
  data: Buffer;
  rows: number;
  /** The position behind it. */
  position: number;
  /** The earliest time in it: whoever wants all from then on can share it. */
  earliest: number;
}

/** How much goes into a frame. */
export type FrameLimits = Pick<FeedLimits, 'frameRows' | 'frameBytes'>;

/** `{"peer_message": {…}, "data": […]}`, of rows that are JSON already. */
export function frameText(pair: PeerMessage, rows: readonly string[]): Buffer {
  const subscribed = JSON.stringify({ peer_id: pair.peer_id, msg: pair.msg });
  return Buffer.from(`{"peer_message":${subscribed},"data":[${rows.join(',')}]}`);
}

/** As many rows from a place in a list as a frame takes. */
export function takeRows(
  rows: readonly CachedRow[],
  from: number,
  limits: FrameLimits,
  wanted: (row: CachedRow) => boolean,
): { texts: string[]; earliest: number; last: CachedRow | undefined } {
  const texts: string[] = [];
  let bytes = 0;
  let earliest = Infinity;
  let last: CachedRow | undefined;
  for (let at = from; texts.length < limits.frameRows && bytes < limits.frameBytes; at += 1) {
    const row = rows[at];
    if (row === undefined) break;
    last = row;
    if (!wanted(row)) continue;
    texts.push(row.text);
    bytes += row.text.length;
    earliest = Math.min(earliest, row.createdAt);
  }
  return { texts, earliest, last };
}
