import { isGenesisHash } from '../storage/index.js';

/**
 * Reads what `--genesis` says.
 *
 * @param texts `NAME=HASH`; a name may have `=` in it
 * @returns hashes in lower case by the name of the chain, or what is wrong
 */
export function readGenesis(texts: readonly string[]): ReadonlyMap<string, string> | string {
  const hashes = new Map<string, string>();
  for (const text of texts) {
    const at = text.lastIndexOf('=');
    const [name, hash] = [text.slice(0, at), text.slice(at + 1)];
    if (at < 1 || !isGenesisHash(hash)) {
      return 'must be NAME=HASH: the name of a chain, and 0x with 64 hexadecimal digits.';
    }
    if (hashes.has(name)) return 'must not repeat the name of a chain.';
    hashes.set(name, hash.toLowerCase());
  }
  return hashes;
}
