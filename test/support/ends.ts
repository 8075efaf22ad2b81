/** What has been started and is to be ended, the last first. `await using` ends it. */
export class Ends implements AsyncDisposable {
  private readonly started: AsyncDisposable[] = [];

  add<T extends AsyncDisposable>(thing: T): T {
    this.started.push(thing);
    return thing;
  }

  /** Goes on where one cannot be ended, and throws that then. */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (const thing of this.started.splice(0).reverse()) {
      try {
        await thing[Symbol.asyncDispose]();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'Not everything could be ended.');
  }
}
