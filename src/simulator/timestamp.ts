/**
 * RFC 3339 with nanoseconds and the offset of a time zone, as nodes write `ts`.
 *
 * @param at milliseconds since the epoch, whole
 * @param nanos nanoseconds beyond that, below a million
 * @param offsetMinutes minutes east of UTC
 */
export function formatTimestamp(at: number, nanos: number, offsetMinutes: number): string {
  const local = new Date(at + offsetMinutes * 60_000).toISOString().slice(0, -1);
  const size = Math.abs(offsetMinutes);
  const sign = offsetMinutes < 0 ? '-' : '+';
  return `${local}${pad(nanos, 6)}${sign}${pad(Math.floor(size / 60), 2)}:${pad(size % 60, 2)}`;
}

function pad(value: number, digits: number): string {
  return value.toString().padStart(digits, '0');
}
