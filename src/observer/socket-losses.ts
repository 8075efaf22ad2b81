/** Half of the sockets must end within this time: milliseconds. */
const LOSS_WINDOW_MS = 30_000;
const MIN_LOST_SOCKETS = 10;
/** With one address, its network may have failed. */
const MIN_LOST_ADDRESSES = 2;
/** A loss is over after this time at the latest. */
export const MAX_LOSS_MS = 600_000;

const SECOND_MS = 1_000;
const SECONDS = LOSS_WINDOW_MS / SECOND_MS;

/** The events of one second. */
interface Second {
  second: number;
  /** Open sockets before it. */
  openBefore: number;
  opened: number;
  /** Ended sockets, by the second in which they were opened. Those from before the window share one entry. */
  ended: Map<number, number>;
  /** For sockets that were opened in an earlier second: the first end, their addresses, and sockets opened since. */
  firstEndAt: number | undefined;
  addresses: Set<string>;
  openedSince: number;
}

interface Loss {
  beganAt: number;
  lost: number;
  /** Sockets that were opened since then and are open. */
  recovered: number;
}

/** Times are by the monotonic clock. */
type LossChange = { kind: 'began'; at: number } | { kind: 'ended'; at: number };

/**
 * Detects that at least half of all sockets ended within 30 s, and that half as many were opened since. It counts per
 * second, so that memory does not grow with the number of sockets.
 */
export class SocketLosses {
  private readonly seconds: Second[] = [];
  private open = 0;
  private loss: Loss | undefined;

  opened(at: number): void {
    const now = this.secondOf(at);
    now.opened += 1;
    if (now.firstEndAt !== undefined) now.openedSince += 1;
    this.open += 1;
    if (this.loss !== undefined) this.loss.recovered += 1;
  }

  ended(at: number, openedAt: number, address: string): void {
    const now = this.secondOf(at);
    const from = Math.max(Math.floor(openedAt / SECOND_MS), now.second - SECONDS - 1);
    now.ended.set(from, (now.ended.get(from) ?? 0) + 1);
    if (from < now.second) {
      now.firstEndAt ??= at;
      if (now.addresses.size < MIN_LOST_ADDRESSES) now.addresses.add(address);
    }
    this.open -= 1;
    if (this.loss === undefined) return;
    if (openedAt < this.loss.beganAt) this.loss.lost += 1;
    else this.loss.recovered -= 1;
  }

  /** To be called often. */
  check(at: number): LossChange | undefined {
    if (this.loss === undefined) {
      this.loss = this.find(at);
      return this.loss && { kind: 'began', at: this.loss.beganAt };
    }
    const { beganAt, lost, recovered } = this.loss;
    const isOver = at - beganAt >= MAX_LOSS_MS;
    if (!isOver && recovered * 2 < lost) return undefined;
    this.loss = undefined;
    // Its sockets are not counted again in the next loss.
    this.seconds.length = 0;
    return { kind: 'ended', at: isOver ? beganAt + MAX_LOSS_MS : at };
  }

  private secondOf(at: number): Second {
    const second = Math.floor(at / SECOND_MS);
    const last = this.seconds.at(-1);
    if (last !== undefined && last.second >= second) return last;
    this.forgetBefore(second - SECONDS);
    const next: Second = {
      second,
      openBefore: this.open,
      opened: 0,
      ended: new Map(),
      firstEndAt: undefined,
      addresses: new Set(),
      openedSince: 0,
    };
    this.seconds.push(next);
    return next;
  }

  private forgetBefore(second: number): void {
    while (this.seconds[0] !== undefined && this.seconds[0].second < second) this.seconds.shift();
  }

  /** The latest second since which half of the open sockets have ended. */
  private find(at: number): Loss | undefined {
    this.forgetBefore(Math.floor(at / SECOND_MS) - SECONDS);
    for (const [index, { openBefore, firstEndAt, second }] of [...this.seconds.entries()].reverse()) {
      if (firstEndAt === undefined || at - firstEndAt > LOSS_WINDOW_MS) continue;
      const since = this.seconds.slice(index);
      const lost = sum(since, (each) => endedOf(each, (from) => from < second));
      if (lost < MIN_LOST_SOCKETS || lost * 2 < openBefore) continue;
      if (new Set(since.flatMap(({ addresses }) => [...addresses])).size < MIN_LOST_ADDRESSES) continue;
      const opened = sum(since, (each, place) => (place === 0 ? each.openedSince : each.opened));
      const gone = sum(since, (each) => endedOf(each, (from) => from >= second));
      return { beganAt: firstEndAt, lost, recovered: Math.max(0, opened - gone) };
    }
    return undefined;
  }
}

function endedOf({ ended }: Second, counts: (from: number) => boolean): number {
  let count = 0;
  for (const [from, number] of ended) if (counts(from)) count += number;
  return count;
}

function sum(seconds: readonly Second[], of: (second: Second, index: number) => number): number {
  return seconds.reduce((total, second, index) => total + of(second, index), 0);
}
