/** How times leave the server: RFC 3339 in UTC, with microseconds. */
export const timeText = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Microseconds since the epoch in SQL, as a number that keeps each of them. */
export const microsecondsOf = (time: string): string =>
  `(extract(epoch FROM ${time}) * 1000000)::bigint::float8`;

/** The same the other way: RFC 3339 in UTC with microseconds, as PostgreSQL takes it and answers have it. */
export function timeOf(microseconds: number): string {
  const seconds = Math.floor(microseconds / 1e6);
  const fraction = (microseconds - seconds * 1e6).toString().padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}.${fraction}Z`;
}

/** A bound of time, which is in milliseconds, in the unit of such times. */
export const inMicroseconds = (ms: number): number => ms * 1000;
