const FRACTION = /\.(\d+)/;

/** Microseconds since the epoch, of a time with an offset and up to nine digits of a second. */
export function microseconds(time: string): number {
  const fraction = FRACTION.exec(time)?.[1] ?? '';
  const whole = Date.parse(time.replace(FRACTION, ''));
  return whole * 1000 + Math.round(Number(`0.${fraction || '0'}`) * 1e6);
}
