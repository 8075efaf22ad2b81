/** How times leave the server: RFC 3339 in UTC, with microseconds. */
export const timeText = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/**
 * A JSON list of rows that the database has written as JSON itself, so that numbers keep every digit: a trip
 * through JavaScript's numbers would cut span ids short.
 */
export function jsonList(rows: readonly { row: string }[]): string {
  return `[${rows.map(({ row }) => row).join(',')}]`;
}
