/** What a version begins with: numbers with dots, after a `v` perhaps. */
const NUMBERS = /^v?(\d{1,9}(?:\.\d{1,9}){0,3})(?![\d.])/;

/** Whether a text is a version that others can be compared with: `1.17.0`, `v2412`. */
export function isVersion(text: string): boolean {
  return NUMBERS.exec(text)?.[0] === text;
}

/**
 * Whether a version is lower than another one by its numbers. What follows them does not count: nodes append the hash of
 * their build, as in `1.17.0-4d8d1d5c2a5`.
 *
 * @returns undefined if one of them does not begin with numbers
 */
export function isBelow(version: string, least: string): boolean | undefined {
  const [own, other] = [numbersOf(version), numbersOf(least)];
  if (own === undefined || other === undefined) return undefined;
  for (let index = 0; index < Math.max(own.length, other.length); index += 1) {
    const difference = (own[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function numbersOf(version: string): number[] | undefined {
  return NUMBERS.exec(version)?.[1]?.split('.').map(Number);
}
