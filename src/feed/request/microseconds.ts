const FRACTION = /\.(\d+)/;

/** Microseconds since the epoch, of a time with an offset and up to nine digits of a second. */
export function microseconds(time: string): number {
  const fraction = FRACTION.exec(time)?.[1] ?? '';
  const whole = Date.parse(time.replace(FRACTION, ''));
  return whole * 1000 + Math.round(Number(`0.${fraction || '0'}`) * 1e6);
}

/** The same the other way, as answers have it: RFC 3339 in UTC. */
export function timeOf(microseconds: number): string {
  const seconds = Math.floor(microseconds / 1e6);
  const fraction = (microseconds - seconds * 1e6).toString().padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}.${fraction}Z`;
}
