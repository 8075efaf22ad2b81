/** Of what does not hold, so many examples are printed. */
const MAX_EXAMPLES = 5;

interface Row {
  bar: string;
  /** What it is about: a seed, and the chain where it is one's. */
  where: string;
  bound: string;
  found: string;
  compared: number;
  result: 'PASS' | 'FAIL' | 'NOTE';
}

/** A value that was found, and what it is of, for a person to look it up. */
export interface Found {
  value: number;
  what: string;
}

/** Compares what was measured with what must hold. A bar for which nothing was compared is missed. */
export class Bars {
  private readonly rows: Row[] = [];
  private readonly examples: string[] = [];

  constructor(private readonly where: string) {}

  /** Requires that each of the values, or its negative, is at most a bound. */
  within(bar: string, bound: number, unit: string, found: readonly Found[]): void {
    const worst = found.toSorted((one, other) => beyond(other) - beyond(one));
    const misses = worst.filter((one) => beyond(one) > bound);
    this.add(bar, `≤ ${bound.toString()} ${unit}`, `${round(worst[0]).toString()} ${unit}`, {
      compared: found.length,
      misses: misses.map(({ value, what }) => `${what}: ${value.toString()} ${unit}`),
    });
  }

  /** Requires that there is none of what is wrong. */
  none(bar: string, compared: number, wrong: readonly string[]): void {
    this.add(bar, '0 wrong', `${wrong.length.toString()} wrong`, { compared, misses: wrong });
  }

  /** Shows a number for which there is no bar. */
  note(what: string, found: string, compared: number): void {
    this.rows.push({ bar: what, where: this.where, bound: '-', found, compared, result: 'NOTE' });
  }

  get areKept(): boolean {
    return this.rows.every(({ result }) => result !== 'FAIL');
  }

  print(): void {
    const width = (of: (row: Row) => string): number => Math.max(...this.rows.map((row) => of(row).length));
    const [bars, bounds, founds] = [
      width(({ bar }) => bar),
      width(({ bound }) => bound),
      width(({ found }) => found),
    ];
    for (const { bar, where, bound, found, compared, result } of this.rows)
      console.log(
        [result, where, bar.padEnd(bars), bound.padEnd(bounds), found.padEnd(founds), `of ${compared}`].join(
          '  ',
        ),
      );
    for (const example of this.examples) console.log(`  ! ${example}`);
  }

  private add(
    bar: string,
    bound: string,
    found: string,
    { compared, misses }: { compared: number; misses: readonly string[] },
  ): void {
    const result = compared > 0 && misses.length === 0 ? 'PASS' : 'FAIL';
    this.rows.push({ bar, where: this.where, bound, found, compared, result });
    this.examples.push(...misses.slice(0, MAX_EXAMPLES).map((miss) => `${this.where}, ${bar}: ${miss}`));
  }
}

/** A value that is not a number is beyond each bound. */
function beyond({ value }: Found): number {
  return Number.isNaN(value) ? Infinity : Math.abs(value);
}

function round(found: Found | undefined): number {
  return found === undefined ? NaN : Number(found.value.toFixed(2));
}
