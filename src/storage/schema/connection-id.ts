const COUNTS = 2 ** 32;

/** Numbers of collectors are below this, so that the ids of their connections are below 2^53: numbers of JSON. */
export const COLLECTOR_NUMBERS = 2 ** 21;

/** The id of a connection: the number of its collector, and how many connections that had named before. */
export function connectionId(collector: number, count: number): number {
  return collector * COUNTS + count;
}

/** The number of the collector that named a connection. */
export function collectorOf(connection: number): number {
  return Math.floor(connection / COUNTS);
}

/** The same connection, named by another collector. */
export function renumbered(connection: number, collector: number): number {
  return connectionId(collector, connection % COUNTS);
}

/** The first id that a collector may give, and the first that it may not. */
export function connectionIds(collector: number): readonly [from: number, to: number] {
  return [connectionId(collector, 0), connectionId(collector + 1, 0)];
}

/** How many connections a collector can name. */
export const MOST_CONNECTIONS = COUNTS - 1;
