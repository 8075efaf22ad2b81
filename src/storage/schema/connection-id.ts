const IDS_PER_COLLECTOR = 2 ** 32;

/** Collector numbers are below this, so that connection ids are below 2^53 and exact as numbers in JSON. */
export const COLLECTOR_NUMBERS = 2 ** 21;

/** The id of a connection: the number of its collector, and a count. */
export function connectionId(collector: number, count: number): number {
  return collector * IDS_PER_COLLECTOR + count;
}

/** The number of the collector in a connection id. */
export function collectorOf(connection: number): number {
  return Math.floor(connection / IDS_PER_COLLECTOR);
}

/** The id of a connection with another collector number. */
export function renumbered(connection: number, collector: number): number {
  return connectionId(collector, connection % IDS_PER_COLLECTOR);
}

/** The range of connection ids of a collector: `to` is excluded. */
export function connectionIds(collector: number): readonly [from: number, to: number] {
  return [connectionId(collector, 0), connectionId(collector + 1, 0)];
}

/** The maximum number of connections of a collector. */
export const MAX_CONNECTIONS = IDS_PER_COLLECTOR - 1;
