import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * The memory that what is made holds once everything else is collected: bytes of each, of the heap and beside it.
 *
 * @param make called with 0, 1, 2, …; what it returns is kept until it is measured
 */
export function keptBytes(times: number, make: (index: number) => unknown): number {
  // Warms up: code, caches and pools are made once.
  for (let index = 0; index < 3; index += 1) make(index);
  const before = used();
  const kept = Array.from({ length: times }, (_, index) => make(index));
  const after = used();
  return (after - before) / kept.length;
}

function used(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
