/** What several want, in turns: whoever wants much does not keep the others waiting. */
export class Turns<Item> {
  /** In the order of their turns. */
  private readonly lines = new Map<object, Set<Item>>();

  /** @param by whose turn it takes. What somebody wants already keeps its place */
  add(by: object, item: Item): void {
    const line = this.lines.get(by);
    if (line === undefined) this.lines.set(by, new Set([item]));
    else line.add(item);
  }

  /** The next; undefined where nobody wants anything. */
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

  clear(): void {
    this.lines.clear();
  }
}
