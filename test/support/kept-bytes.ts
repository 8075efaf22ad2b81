import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * The memory that what is made holds once everything else is collected: bytes of each, of the heap and beside it.
 *
 * @param make called with 0, 1, 2, …; what it returns is kept until it is measured
 */
export function keptBytes(times: number, make: (index: number) => unknown): number {
  // Warms up: code, caches and pools are made once.
  for (let index = 0; index < 3; index += 1) make(index);
  const before = usedBytes();
  const kept = Array.from({ length: times }, (_, index) => make(index));
  const after = usedBytes();
  return (after - before) / kept.length;
}

/** What the process uses, of the heap and beside it, once garbage is collected: bytes. */
export function usedBytes(): number {
  collect();
  // What lies beside the heap is subtracted by the collection that follows the one that frees it.
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
