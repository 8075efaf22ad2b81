import { Lane } from './lane.js';

/** One lane that plans what the others bring, and the others. `await using` closes them. */
export class Lanes implements AsyncDisposable {
  private constructor(
    readonly planner: Lane,
    readonly bringing: readonly [Lane, ...Lane[]],
  ) {}

  /** @param count how many bring, at least one */
  static async open(from: string, to: string, count: number): Promise<Lanes> {
    const opened: Lane[] = [];
    try {
      while (opened.length < count + 1) opened.push(await Lane.open(from, to));
    } catch (error) {
      await Promise.all(opened.map((lane) => lane[Symbol.asyncDispose]()));
      throw error;
    }
    const [planner, first, ...others] = opened;
    if (planner === undefined || first === undefined) throw new RangeError('At least one worker is required.');
    return new Lanes(planner, [first, ...others]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.planner, ...this.bringing].map((lane) => lane[Symbol.asyncDispose]()));
  }
}
