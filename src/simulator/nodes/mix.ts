/**
 * Deals names out in turn, so that after any number of them each has been dealt as often as its weight says, give or
 * take one: a few hosts already show what there is.
 */
export class Mix<K extends string> {
  private readonly entries: { name: K; share: number; dealt: number }[];
  private count = 0;

  constructor(weights: Readonly<Partial<Record<K, number>>>) {
    const given = (Object.entries(weights) as [K, number][]).filter(([, weight]) => weight > 0);
    const sum = given.reduce((total, [, weight]) => total + weight, 0);
    this.entries = given.map(([name, weight]) => ({ name, share: weight / sum, dealt: 0 }));
  }

  next(): K {
    this.count += 1;
    const owed = ({ share, dealt }: { share: number; dealt: number }) => share * this.count - dealt;
    const [first, ...rest] = this.entries;
    if (first === undefined) throw new RangeError('There is nothing to deal out.');
    let chosen = first;
    // A little more is needed to go before an earlier one, lest rounding decides.
    for (const entry of rest) if (owed(entry) > owed(chosen) + 1e-9) chosen = entry;
    chosen.dealt += 1;
    return chosen.name;
  }
}
