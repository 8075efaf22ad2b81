/*
 * The key of a chain: its genesis hash, or `name:` and its name if its nodes send no hash. Several chains may have the
 * same name, and a chain may have several names.
 */

const NAME_PREFIX = 'name:';

/** The chain that a node reports. */
export interface ReportedChain {
  /** As stored: `0x` and 64 hexadecimal digits in lower case. */
  genesisHash: string | null;
  /** The name of the chain. */
  chain: string | null;
}

/** The key of the chain of a node; null if it reported neither. */
export function chainKeyOf({ genesisHash, chain }: ReportedChain): string | null {
  if (genesisHash !== null) return genesisHash;
  return chain === null ? null : NAME_PREFIX + chain;
}

/**
 * The same as an SQL expression on the columns of `peer_connections`.
 *
 * @param table its name or alias in the query, if necessary
 */
export function chainKeySql(table?: string): string {
  const column = (name: string): string => (table === undefined ? name : `${table}.${name}`);
  return `coalesce(${column('genesis_hash')}, '${NAME_PREFIX}' || ${column('chain')})`;
}

/** Reads a key; undefined if the text is the name of a chain. */
export function chainKeyIn(text: string): string | undefined {
  if (isGenesisHash(text)) return text.toLowerCase();
  return text.startsWith(NAME_PREFIX) ? text : undefined;
}

/** Whether a text has the form of a genesis hash, in upper or lower case. */
export function isGenesisHash(text: string): boolean {
  return /^0x[\da-f]{64}$/i.test(text);
}

/** The genesis hash in a key; null if the key has a name. */
export function genesisHashOf(chainKey: string): string | null {
  return isGenesisHash(chainKey) ? chainKey : null;
}
