import { useEffect, useRef, useState } from 'preact/hooks';
import type { ExactJson } from '../shared/exact-json.js';
import type { FeedClient, FeedRow } from '../shared/feed.js';
import { boundsOf } from '../shared/time-range.js';
import type { LogQuery } from './log-query.js';
import { ReadMessages } from './read-messages.js';
import type { ShownMessage } from './shown-message.js';
import type { Messages } from './use-messages.js';

/** Maximum number of live messages. Above it the oldest are dropped. */
const MAX_ROWS = 2000;
/** New messages are rendered together, because there may be thousands per second. */
const RENDER_INTERVAL_MS = 250;

export interface Followed {
  /** Newest first. */
  rows: ShownMessage[];
  /** Number of dropped messages. */
  dropped: number;
}

const NONE: Followed = { rows: [], dropped: 0 };

/**
 * Live messages after the loaded ones.
 *
 * @param types the followed message types
 * @param messages the loaded messages; the feed starts after the first page
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
      (msg, row) => matches(row, target) && !read.has(msg, row),
    );
    current.current = following;
    const timer = setInterval(() => {
      const arrived = following.takeArrived();
      if (arrived.length > 0) setFollowed((before) => merged(before, arrived));
    }, RENDER_INTERVAL_MS);
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

/** The subscriptions of a log query. Types can be added. */
class Following {
  private readonly ends = new Map<string, () => void>();
  private arrived: ShownMessage[] = [];
  private count = 0;
  private ended = false;

  constructor(
    private readonly feed: FeedClient,
    private readonly peerId: string,
    private readonly start: string,
    /** Whether a row is new and matches the filters. Called once per row. */
    private readonly isWanted: (msg: string, row: FeedRow) => boolean,
  ) {}

  follow(types: readonly string[]): void {
    if (this.ended) return;
    for (const msg of types) {
      if (this.ends.has(msg)) continue;
      const request = { peer_id: this.peerId, msg, start_time: this.start };
      this.ends.set(
        msg,
        this.feed.subscribe(request, (rows) => this.receive(msg, rows)),
      );
    }
  }

  /** Returns messages since the last call. */
  takeArrived(): ShownMessage[] {
    const { arrived } = this;
    this.arrived = [];
    return arrived;
  }

  end(): void {
    this.ended = true;
    for (const end of this.ends.values()) end();
  }

  private receive(msg: string, rows: FeedRow[]): void {
    for (const row of rows.filter((candidate) => this.isWanted(msg, candidate))) {
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

function matches(row: FeedRow, target: string): boolean {
  return target === '' || row.target === target || row.origin === target;
}

function merged({ rows, dropped }: Followed, arrived: ShownMessage[]): Followed {
  const all = [...arrived, ...rows].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  return { rows: all.slice(0, MAX_ROWS), dropped: dropped + Math.max(0, all.length - MAX_ROWS) };
}
