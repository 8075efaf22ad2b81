import type { Frame } from '../subscriptions.js';
import type { Group } from './group.js';

/** Groups by their last change: a subscriber that is behind gets each once, in its current state. */
export class ChangedGroups {
  /** Sorted by seq, with holes where a group has changed again. */
  private entries: { seq: number; group: Group | undefined }[] = [];
  private readonly entryOf = new Map<Group, { seq: number; group: Group | undefined }>();
  /** Frames that subscribers share, by position and aggregate type. */
  readonly frames = new Map<string, Frame>();
  lastSeq = 0;

  push(changed: ReadonlySet<Group>): void {
    if (changed.size === 0) return;
    this.frames.clear();
    for (const group of [...changed].sort(inOrder)) {
      this.hide(group);
      const entry = { seq: (this.lastSeq += 1), group };
      group.seq = entry.seq;
      this.entries.push(entry);
      this.entryOf.set(group, entry);
    }
    this.compact();
  }

  forget(group: Group): void {
    this.hide(group);
    this.entryOf.delete(group);
    this.frames.clear();
    this.compact();
  }

  /** Groups that changed after a position, in the order of their changes. */
  after(seq: number, limit: number): Group[] {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.entries[middle]?.seq ?? Infinity) > seq) high = middle;
      else low = middle + 1;
    }
    const found: Group[] = [];
    for (let at = low; at < this.entries.length && found.length < limit; at += 1) {
      const group = this.entries[at]?.group;
      if (group !== undefined) found.push(group);
    }
    return found;
  }

  private hide(group: Group): void {
    const entry = this.entryOf.get(group);
    if (entry !== undefined) entry.group = undefined;
  }

  private compact(): void {
    if (this.entries.length > 64 && this.entries.length > 2 * this.entryOf.size) {
      this.entries = this.entries.filter(({ group }) => group !== undefined);
    }
  }
}

/** Compares by time, target and name. */
export function inOrder(one: Group, other: Group): number {
  return one.start - other.start || compare(one.target, other.target) || compare(one.name, other.name);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
