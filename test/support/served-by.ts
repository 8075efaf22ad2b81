/** As `proxy/haproxy.cfg` calls the servers, in the order in which they are given. */
export const SERVER_NAMES: readonly string[] = ['a', 'b'];

/**
 * Which server an answer came from, by the header `X-Served-By`: its place in the order of the servers. Undefined
 * where no proxy says so.
 */
export function servedBy(header: string | string[] | null | undefined): number | undefined {
  const index = typeof header === 'string' ? SERVER_NAMES.indexOf(header) : -1;
  return index < 0 ? undefined : index;
}
