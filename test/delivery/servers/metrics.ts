/** What a server counts, by name and labels as they stand in its answer. */
export class Metrics {
  private constructor(private readonly values: ReadonlyMap<string, number>) {}

  /** @throws where the server does not answer in time */
  static async read(http: string, limitMs = 5_000): Promise<Metrics> {
    const answer = await fetch(`${http}/metrics`, { signal: AbortSignal.timeout(limitMs) });
    if (!answer.ok) throw new Error(`The metrics were refused with ${answer.status}.`);
    const values = new Map<string, number>();
    for (const line of (await answer.text()).split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      const at = line.lastIndexOf(' ');
      values.set(line.slice(0, at), Number(line.slice(at + 1)));
    }
    return new Metrics(values);
  }

  /** All of a name, or of those of its labels that have `label`, such as `outcome="stored"`. */
  sum(name: string, label = ''): number {
    let sum = 0;
    for (const [key, value] of this.values) {
      if ((key === name || key.startsWith(`${name}{`)) && key.includes(label)) sum += value;
    }
    return sum;
  }
}
