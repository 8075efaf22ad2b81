/**
 * The delays of all nodes: −1 for those at which the block was not expected. What stands between two of these is copied as
 * it is: most blocks are expected at nearly all nodes.
 *
 * @param delays those of `ids`, with commas
 * @param ids ascending, as `all` is
 */
export function placed(delays: string, ids: readonly number[], all: readonly number[]): string {
  const parts: string[] = [];
  let [begin, end, next] = [0, -1, 0];
  const skip = (): void => {
    const comma = delays.indexOf(',', end + 1);
    end = comma === -1 ? delays.length : comma;
    next += 1;
  };
  const copy = (): void => {
    if (end > begin) parts.push(delays.slice(begin, end));
  };
  for (const id of all) {
    // Of a node that is not known any more.
    while ((ids[next] ?? id) < id) {
      copy();
      skip();
      begin = end + 1;
    }
    if (ids[next] === id) {
      skip();
    } else {
      copy();
      parts.push('-1');
      begin = end + 1;
    }
  }
  copy();
  return parts.join(',');
}
