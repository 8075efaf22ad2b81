import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export type Options<Numbers extends string, Texts extends string> = Record<Numbers, number> &
  Partial<Record<Texts, string>> & {
    /** The built server, where it is not that of `dist`. */
    main: string | undefined;
  };

/**
 * What a program was told: numbers with their defaults, texts that may be left out, and `--dist`, which is the
 * folder of another built server.
 *
 * @throws where there is an option that it does not have, or a number that is none
 */
export function readOptions<Numbers extends string, Texts extends string = never>(
  numbers: Record<Numbers, number>,
  texts: readonly Texts[] = [],
  args = process.argv.slice(2),
): Options<Numbers, Texts> {
  const names = [...Object.keys(numbers), ...texts, 'dist'];
  const { values } = parseArgs({
    args,
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  });
  const read = Object.entries<number>(numbers).map(([name, fallback]) => [
    name,
    numberOf(name, values[name]) ?? fallback,
  ]);
  const { dist, ...others } = values;
  return {
    ...others,
    ...Object.fromEntries(read),
    main: typeof dist === 'string' ? resolve(dist, 'main.js') : undefined,
  } as Options<Numbers, Texts>;
}

function numberOf(name: string, value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const number = value.trim() === '' ? NaN : Number(value);
  if (!Number.isFinite(number)) throw new Error(`--${name} takes a number, not ${JSON.stringify(value)}.`);
  return number;
}
