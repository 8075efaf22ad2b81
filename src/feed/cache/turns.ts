/** What several want, in turns: one that wants much does not keep the others waiting. */
export class Turns<Item> {
  /** In the order of their turns. */
  private readonly lines = new Map<object, Set<Item>>();

  get isEmpty(): boolean {
    return this.lines.size === 0;
  }

  /** @param by whose turn it takes. What is wanted by it already keeps its place */
  add(by: object, item: Item): void {
    const line = this.lines.get(by);
    if (line === undefined) this.lines.set(by, new Set([item]));
    else line.add(item);
  }

  /** The next; undefined where nothing is wanted. */
  take(): { by: object; item: Item } | undefined {
    for (const [by, line] of this.lines) {
      this.lines.delete(by);
      for (const item of line) {
        line.delete(item);
        // To the end: a Map is gone through in the order in which it was filled.
        if (line.size > 0) this.lines.set(by, line);
        return { by, item };
      }
    }
    return undefined;
  }
}

/** A client of the feed, as far as turns go. */
export interface FeedClient {
  /** IPv6 by its network. */
  readonly address: string;
}

/** The same by address first: many clients of one address have the turns of one. */
export class FairQueueByAddress<Item> {
  private readonly addresses = new Map<string, Turns<Item>>();

  add(by: FeedClient, item: Item): void {
    const turns = this.addresses.get(by.address) ?? new Turns<Item>();
    turns.add(by, item);
    this.addresses.set(by.address, turns);
  }

  take(): { by: FeedClient; item: Item } | undefined {
    for (const [address, turns] of this.addresses) {
      this.addresses.delete(address);
      const turn = turns.take();
      if (!turns.isEmpty) this.addresses.set(address, turns);
      return turn as { by: FeedClient; item: Item } | undefined;
    }
    return undefined;
  }

  clear(): void {
    this.addresses.clear();
  }
}
