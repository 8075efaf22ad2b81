interface Entry<T> {
  at: number;
  order: number;
  item: T;
}

/** A priority queue by time; items with equal times are in insertion order. */
export class EventQueue<T> {
  private readonly heap: Entry<T>[] = [];
  private added = 0;

  get size(): number {
    return this.heap.length;
  }

  push(at: number, item: T): void {
    const entry = { at, order: (this.added += 1), item };
    let index = this.heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.heap[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      this.heap[index] = parent;
      index = above;
    }
    this.heap[index] = entry;
  }

  pop(): { at: number; item: T } | undefined {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (last !== undefined && this.heap.length > 0) this.sink(last);
    return first;
  }

  private sink(entry: Entry<T>): void {
    let index = 0;
    for (;;) {
      const left = this.heap[2 * index + 1];
      const right = this.heap[2 * index + 2];
      const toRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = toRight ? right : left;
      if (child === undefined || !isBefore(child, entry)) break;
      this.heap[index] = child;
      index = 2 * index + (toRight ? 2 : 1);
    }
    this.heap[index] = entry;
  }
}

function isBefore(one: Entry<unknown>, other: Entry<unknown>): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Handles an event at a time: milliseconds since the epoch. */
type EventHandler = (at: number) => void;

/** Simulated time: runs scheduled handlers in order of time. */
export class Clock {
  private readonly queue = new EventQueue<EventHandler>();

  /** Schedules a handler. The time is rounded to a millisecond. */
  at(time: number, handler: EventHandler): void {
    this.queue.push(Math.round(time), handler);
  }

  /** Schedules a handler repeatedly. `gap` returns the interval in milliseconds. */
  repeat(first: number, gap: () => number, handler: EventHandler): void {
    this.at(first, (at) => {
      handler(at);
      this.repeat(at + Math.max(1, gap()), gap, handler);
    });
  }

  /** Runs the next handler; `false` if there is none. */
  tick(): boolean {
    const next = this.queue.pop();
    next?.item(next.at);
    return next !== undefined;
  }
}
