/**
 * RFC 3339 with nanoseconds and the offset of a time zone, as nodes write `ts`.
 *
 * @param at milliseconds since the epoch, whole
 * @param nanos nanoseconds beyond that, below a million
 * @param offsetMinutes minutes east of UTC
 */
export function formatTimestamp(at: number, nanos: number, offsetMinutes: number): string {
  const local = new Date(at + offsetMinutes * 60_000).toISOString().slice(0, -1);
  return local + pad(nanos, 6) + offsetText(offsetMinutes);
}

const offsets = new Map<number, string>();

function offsetText(minutes: number): string {
  let text = offsets.get(minutes);
  if (text === undefined) {
    const size = Math.abs(minutes);
    text = `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60), 2)}:${pad(size % 60, 2)}`;
    offsets.set(minutes, text);
  }
  return text;
}

function pad(value: number, digits: number): string {
  return value.toString().padStart(digits, '0');
}
