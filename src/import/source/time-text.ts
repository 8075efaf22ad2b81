/** Of a time as PostgreSQL writes it in UTC, with an offset or without: milliseconds since the epoch, rounded down. */
export function millisecondsOf(text: string): number {
  return Date.parse(`${text.replace(' ', 'T').replace(/\+00$/, '')}Z`);
}
