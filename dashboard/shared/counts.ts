/** How often each text is there. */
export class Counts {
  private readonly counts: Map<string, number>;

  constructor(other?: Counts) {
    this.counts = new Map(other?.counts);
  }

  get size(): number {
    return this.counts.size;
  }

  keys(): string[] {
    return [...this.counts.keys()];
  }

  add(text: string): void {
    this.counts.set(text, (this.counts.get(text) ?? 0) + 1);
  }

  /** Takes one away. @returns whether there was one */
  take(text: string): boolean {
    const count = this.counts.get(text) ?? 0;
    if (count > 1) this.counts.set(text, count - 1);
    else this.counts.delete(text);
    return count > 0;
  }

  delete(text: string): void {
    this.counts.delete(text);
  }
}
