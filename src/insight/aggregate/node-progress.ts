import { MINUTE_US, SECOND_US } from './observation.js';
import type { Rises } from './rises.js';

/** The kinds of spans in which one node did not keep up with its chain. */
export const NODE_SPANS = ['stuck', 'finality_stuck', 'behind'] as const;
export type NodeSpanKind = (typeof NODE_SPANS)[number];

/** A height that does not change for so long is stuck, if the chain rose by so many blocks meanwhile. */
const STUCK_US = MINUTE_US;
const STUCK_BLOCKS = { stuck: 10, finality_stuck: 20 };
/** A node is behind if it is so many blocks behind for so long. */
const BEHIND_BLOCKS = 5;
const BEHIND_US = 30 * SECOND_US;
/** A node that says nothing for longer was away: what it did meanwhile is not known. */
export const AWAY_US = MINUTE_US;

/** The height and the last final height of a node at a time; null if it did not say. */
export interface Reached {
  at: number;
  best: number | null;
  finalized: number | null;
}

/** A time in which a node was stuck or behind: microseconds since the epoch. */
export interface NodeSpan {
  kind: NodeSpanKind;
  beganAt: number;
  /** Null while it lasts. */
  endedAt: number | null;
  /** Of the node when it began. */
  height: number;
}

interface Open {
  beganAt: number;
  height: number;
}

/** A height of a node, and since when it has it. */
interface Level {
  height: number;
  since: number;
}

/** How far one node followed its chain. */
export class NodeProgress {
  private best: Level | undefined;
  private finalized: Level | undefined;
  private readonly open = new Map<NodeSpanKind, Open>();
  /** Since when it is behind, even if that is not long enough yet. */
  private behind: Open | undefined;
  lastAt = -Infinity;
  /** It said something every half minute since then: what it did before does not tell whether it is behind. */
  private heardSince = -Infinity;

  constructor(
    private readonly heights: Rises,
    private readonly finalHeights: Rises,
  ) {}

  /** The highest final height that it reported. */
  get finalizedHeight(): number | undefined {
    return this.finalized?.height;
  }

  /** Continues a span that was open when an earlier process wrote it. */
  continues({ kind, beganAt, height }: NodeSpan): void {
    this.open.set(kind, { beganAt, height });
    if (kind === 'behind') this.behind = { beganAt, height };
  }

  /** No span is open. */
  forgetOpen(): void {
    this.open.clear();
  }

  /** @returns the spans that began or ended, given that all heights of the chain up to this time are known */
  reached({ at, best, finalized }: Reached): NodeSpan[] {
    const spans = at - this.lastAt > AWAY_US ? this.left() : [];
    if (at - this.lastAt > BEHIND_US) {
      spans.push(...this.isBehindUntil(this.lastAt), ...this.endBehind(this.lastAt));
      this.heardSince = at;
    }
    if (best !== null && best !== this.best?.height) {
      spans.push(...this.bestChanges(at));
      this.best = { height: best, since: at };
    }
    if (finalized !== null && finalized !== this.finalized?.height) {
      spans.push(...this.end('finality_stuck', this.finalized, this.finalHeights, at));
      this.finalized = { height: finalized, since: at };
    }
    this.lastAt = at;
    return spans;
  }

  /** @returns the spans that are open since the last message, as far as they were not returned before */
  current(): NodeSpan[] {
    const spans: NodeSpan[] = [];
    for (const [kind, level, rises] of [
      ['stuck', this.best, this.heights],
      ['finality_stuck', this.finalized, this.finalHeights],
    ] as const) {
      const stuck = this.open.has(kind) ? undefined : stuckSince(kind, level, rises, this.lastAt);
      if (stuck === undefined) continue;
      this.open.set(kind, stuck);
      spans.push({ kind, ...stuck, endedAt: null });
    }
    spans.push(...this.isBehindUntil(this.lastAt));
    if (
      this.behind !== undefined &&
      !this.open.has('behind') &&
      this.lastAt - this.behind.beganAt >= BEHIND_US
    ) {
      this.open.set('behind', this.behind);
      spans.push({ kind: 'behind', ...this.behind, endedAt: null });
    }
    return spans;
  }

  /** Ends everything with the last message. @returns the spans that it ends */
  left(): NodeSpan[] {
    const spans = [...this.bestChanges(this.lastAt), ...this.endBehind(this.lastAt)];
    spans.push(...this.end('finality_stuck', this.finalized, this.finalHeights, this.lastAt));
    this.best = undefined;
    this.finalized = undefined;
    return spans;
  }

  private bestChanges(at: number): NodeSpan[] {
    return [...this.end('stuck', this.best, this.heights, at), ...this.isBehindUntil(at)];
  }

  private end(
    kind: 'stuck' | 'finality_stuck',
    level: Level | undefined,
    rises: Rises,
    at: number,
  ): NodeSpan[] {
    const span = this.open.get(kind) ?? stuckSince(kind, level, rises, at);
    this.open.delete(kind);
    return span === undefined ? [] : [{ kind, ...span, endedAt: at }];
  }

  /** Updates since when it is behind, with the height that it has until a time. @returns a span that ended before */
  private isBehindUntil(at: number): NodeSpan[] {
    if (this.best === undefined) return [];
    const { height, since } = this.best;
    const start = Math.max(since, this.heardSince);
    const from = Math.max(start, this.heights.reached(height + BEHIND_BLOCKS));
    const ended = from > start ? this.endBehind(start) : [];
    if (from < at) this.behind ??= { beganAt: from, height };
    return ended;
  }

  private endBehind(at: number): NodeSpan[] {
    const { behind } = this;
    this.behind = undefined;
    const isSpan = behind !== undefined && (this.open.has('behind') || at - behind.beganAt >= BEHIND_US);
    this.open.delete('behind');
    return isSpan ? [{ kind: 'behind', ...behind, endedAt: at }] : [];
  }
}

/** Since when a height is stuck, given that it did not change until a time; undefined if it is not. */
function stuckSince(
  kind: 'stuck' | 'finality_stuck',
  level: Level | undefined,
  rises: Rises,
  until: number,
): Open | undefined {
  if (level === undefined) return undefined;
  const { height, since } = level;
  // The node has the highest block until there is a higher one.
  const beganAt = Math.max(since, rises.reached(height + 1));
  if (until - beganAt <= STUCK_US) return undefined;
  const before = Math.max(height, rises.heightBefore(beganAt) ?? height);
  return rises.reached(before + STUCK_BLOCKS[kind]) <= until ? { beganAt, height } : undefined;
}
