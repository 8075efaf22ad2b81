import { useEffect, useRef, useState } from 'preact/hooks';
import type { ExactJson } from '../shared/exact-json.js';
import type { FeedClient, FeedRow } from '../shared/feed.js';
import { boundsOf } from '../shared/time-range.js';
import type { LogQuery } from './log-query.js';
import { ReadMessages } from './read-messages.js';
import type { ShownMessage } from './shown-message.js';
import type { Messages } from './use-messages.js';

/** Beyond that the oldest of those that came live go. */
const MAX_ROWS = 2000;
/** New messages are shown together: drawing each of a thousand a second would stop the page. */
const TOGETHER_MS = 250;

export interface Followed {
  /** Newest first. */
  rows: ShownMessage[];
  /** How many are no longer shown. */
  dropped: number;
}

const NONE: Followed = { rows: [], dropped: 0 };

/**
 * What came after the rows of a question had been read.
 *
 * @param types the types of messages to follow
 * @param messages what was read; nothing is followed before it is there
 */
export function useFollowed(
  feed: FeedClient,
  logQuery: LogQuery,
  types: readonly string[],
  { rows, more }: Pick<Messages, 'rows' | 'more'>,
): Followed {
  const [followed, setFollowed] = useState(NONE);
  const current = useRef<Following | undefined>(undefined);
  const { peerId, chain, msg, target, range, follow } = logQuery;
  const ready = follow && rows !== undefined;

  useEffect(() => {
    setFollowed(NONE);
    if (!ready) return;
    const read = new ReadMessages(rows, more);
    const start = new Date(Math.max(boundsOf(range).start, read.followFrom(Date.now()))).toISOString();
    const following = new Following(
      feed,
      peerId,
      start,
      (msg, row) => hits(row, target) && !read.has(msg, row),
    );
    current.current = following;
    const timer = setInterval(() => {
      const arrived = following.taken();
      if (arrived.length > 0) setFollowed((before) => merged(before, arrived));
    }, TOGETHER_MS);
    return () => {
      clearInterval(timer);
      following.end();
    };
  }, [feed, peerId, chain, msg, target, JSON.stringify(range), ready]);

  useEffect(
    () => current.current?.follow(types),
    [types.join('\n'), peerId, chain, msg, target, JSON.stringify(range), ready],
  );
  return followed;
}

/** The subscriptions of a log query. Types may be added to them. */
class Following {
  private readonly ends = new Map<string, () => void>();
  private arrived: ShownMessage[] = [];
  private count = 0;
  private ended = false;

  constructor(
    private readonly feed: FeedClient,
    private readonly peerId: string,
    private readonly start: string,
    /** The feed begins with what was read. Called once for each row. */
    private readonly isWanted: (msg: string, row: FeedRow) => boolean,
  ) {}

  follow(types: readonly string[]): void {
    if (this.ended) return;
    for (const msg of types) {
      if (this.ends.has(msg)) continue;
      const request = { peer_id: this.peerId, msg, start_time: this.start };
      this.ends.set(
        msg,
        this.feed.subscribe(request, (rows) => this.take(msg, rows)),
      );
    }
  }

  /** Messages since the last call. */
  taken(): ShownMessage[] {
    const { arrived } = this;
    this.arrived = [];
    return arrived;
  }

  end(): void {
    this.ended = true;
    for (const end of this.ends.values()) end();
  }

  private take(msg: string, rows: FeedRow[]): void {
    for (const row of rows.filter((one) => this.isWanted(msg, one))) {
      this.count += 1;
      const logs = row as Record<string, ExactJson>;
      this.arrived.push({
        key: `live ${this.count}`,
        createdAt: row.created_at,
        msg,
        logs,
        cursor: undefined,
      });
    }
  }
}

function hits(row: FeedRow, target: string): boolean {
  return target === '' || row.target === target || row.origin === target;
}

function merged({ rows, dropped }: Followed, arrived: ShownMessage[]): Followed {
  const all = [...arrived, ...rows].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  return { rows: all.slice(0, MAX_ROWS), dropped: dropped + Math.max(0, all.length - MAX_ROWS) };
}
