import { describe, expect, it } from 'vitest';
import { parseExact } from '../shared/exact-json.js';
import type { FeedRow } from '../shared/feed.js';
import { ReadMessages } from './read-messages.js';
import { readMessages, type ShownMessage } from './shown-message.js';

const at = (second: number): string => `2026-01-02T03:04:${second.toString().padStart(2, '0')}.000001Z`;

/** A response of `GET /nodes/logs`, newest first. */
function read(...messages: [second: number, fields: string][]): ShownMessage[] {
  const rows = messages.map(
    ([second, fields], n) =>
      `{"msg":"x.a","created_at":"${at(second)}","cursor":"c_${n.toString()}",
        "logs":{"id": 1, "ts": "…", "msg": "x.a", "level": "INFO", ${fields}}}`,
  );
  return readMessages(`[${rows.join(',')}]`);
}

/** A row of the feed. */
const sent = (second: number, fields: string): FeedRow =>
  parseExact(`{${fields}, "created_at": "${at(second)}"}`) as unknown as FeedRow;

const MAX_UINT64 = '"n": 18446744073709551615';
const OTHER = '"n": 18446744073709551614';

describe('ReadMessages', () => {
  it('recognizes loaded messages in the feed, also with equal times', () => {
    const messages = new ReadMessages(read([5, MAX_UINT64], [5, MAX_UINT64], [4, '"a": {"b": [1]}']), false);
    expect(messages.has('x.a', sent(4, '"a": {"b": [1]}'))).toBe(true);
    expect(messages.has('x.a', sent(5, MAX_UINT64))).toBe(true);
    expect(messages.has('x.a', sent(5, OTHER))).toBe(false);
    expect(messages.has('x.b', sent(5, MAX_UINT64))).toBe(false);
    expect(messages.has('x.a', sent(5, MAX_UINT64))).toBe(true);
    expect(messages.has('x.a', sent(5, MAX_UINT64))).toBe(false);
    expect(messages.has('x.a', sent(3, MAX_UINT64))).toBe(false);
  });

  it('follows from some minutes earlier, but not before the oldest loaded message', () => {
    const rows = read([50, MAX_UINT64], [40, MAX_UINT64]);
    const now = Date.parse(at(59));
    expect(new ReadMessages([], true).followFrom(now)).toBe(-Infinity);
    expect(new ReadMessages(rows, false).followFrom(now)).toBe(Date.parse(at(50)) - 600_000);
    // The clock of the node is ahead.
    expect(new ReadMessages(rows, false).followFrom(now - 3_600_000)).toBe(now - 4_200_000);
    const older = new ReadMessages(rows, true);
    expect(older.followFrom(now)).toBe(Date.parse(at(40)));
    expect(older.has('x.a', sent(40, OTHER))).toBe(true);
    expect(older.has('x.a', sent(41, OTHER))).toBe(false);
  });
});
