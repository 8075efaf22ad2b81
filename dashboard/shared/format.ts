const LOCALE = 'en';
const plain = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 2 });
const threeDigits = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 });

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const NO_BREAK = '\u00a0';

/** `1,853,200`; at most two decimals. */
export function formatCount(value: number): string {
  return plain.format(value);
}

/** `18.4 kB`: steps of 1000. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, BYTES, 1000);
}

/** `18.4 kB/s` */
export function formatBytesPerSecond(bytes: number): string {
  return `${formatBytes(bytes)}/s`;
}

/** A duration in nanoseconds: `870 ns`, `12.3 µs`, `4.56 ms`, `1.2 s`. */
export function formatNanoseconds(ns: number): string {
  return scaled(ns, ['ns', 'µs', 'ms', 's'], 1000);
}

/** A duration in the two largest units: `2 d 3 h`, `4 min 5 s`. */
export function formatSpan(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return `0${NO_BREAK}s`;
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${NO_BREAK}${unit}`)
    .join(NO_BREAK);
}

/** A shortened hash or peer id: `12D3Ko…5S5Po`. Short ones are returned unchanged. */
export function shortHash(hash: string, digits = 6): string {
  return hash.length <= 2 * digits + 1 ? hash : `${hash.slice(0, digits)}…${hash.slice(-digits)}`;
}

function scaled(value: number, units: readonly string[], step: number): string {
  let [scaledValue, unit] = [value, 0];
  while (Math.abs(scaledValue) >= step && unit < units.length - 1) {
    scaledValue /= step;
    unit += 1;
  }
  const number = Math.abs(scaledValue) >= step ? plain : threeDigits;
  return `${number.format(scaledValue)}${NO_BREAK}${units[unit] ?? ''}`;
}
