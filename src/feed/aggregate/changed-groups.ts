import type { Frame } from '../subscriptions.js';
import type { Group } from './group.js';

/** Groups in the order of their last change: who is behind finds each once, as it is now. */
export class ChangedGroups {
  /** In the order of seq, with holes where a group has changed again. */
  private places: { seq: number; group: Group | undefined }[] = [];
  private readonly placeOf = new Map<Group, { seq: number; group: Group | undefined }>();
  /** Frames that subscribers at one position share, by that position and what they ask for. */
  readonly frames = new Map<string, Frame>();
  lastSeq = 0;

  push(changed: ReadonlySet<Group>): void {
    if (changed.size === 0) return;
    this.frames.clear();
    for (const group of [...changed].sort(inOrder)) {
      this.hide(group);
      const place = { seq: (this.lastSeq += 1), group };
      group.seq = place.seq;
      this.places.push(place);
      this.placeOf.set(group, place);
    }
    this.compact();
  }

  forget(group: Group): void {
    this.hide(group);
    this.placeOf.delete(group);
    this.frames.clear();
    this.compact();
  }

  /** Those that changed after a position, in the order of their changes; `most` at most. */
  after(seq: number, most: number): Group[] {
    let low = 0;
    let high = this.places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.places[middle]?.seq ?? Infinity) > seq) high = middle;
      else low = middle + 1;
    }
    const found: Group[] = [];
    for (let at = low; at < this.places.length && found.length < most; at += 1) {
      const group = this.places[at]?.group;
      if (group !== undefined) found.push(group);
    }
    return found;
  }

  private hide(group: Group): void {
    const place = this.placeOf.get(group);
    if (place !== undefined) place.group = undefined;
  }

  private compact(): void {
    if (this.places.length > 64 && this.places.length > 2 * this.placeOf.size) {
      this.places = this.places.filter(({ group }) => group !== undefined);
    }
  }
}

/** By time, target and name. */
export function inOrder(one: Group, other: Group): number {
  return one.start - other.start || compare(one.target, other.target) || compare(one.name, other.name);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
