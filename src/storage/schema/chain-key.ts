/*
 * What identifies a chain: its genesis hash, or `name:` and its name where its nodes send none. Several chains may
 * have one name, and one chain several names.
 */

const BY_NAME = 'name:';

/** What a node says of its chain. */
export interface SaidChain {
  /** As stored: `0x` and 64 hexadecimal digits in lower case. */
  genesisHash: string | null;
  /** The name of the chain. */
  chain: string | null;
}

/** The key of the chain that a node is on; null where it has said neither. */
export function chainKeyOf({ genesisHash, chain }: SaidChain): string | null {
  if (genesisHash !== null) return genesisHash;
  return chain === null ? null : BY_NAME + chain;
}

/**
 * The same from the columns of `peer_connections`.
 *
 * @param table its name or alias in the query, where the columns need one
 */
export function chainKeySql(table?: string): string {
  const column = (name: string): string => (table === undefined ? name : `${table}.${name}`);
  return `coalesce(${column('genesis_hash')}, '${BY_NAME}' || ${column('chain')})`;
}

/** The key that a text is; undefined where it is the name of a chain. */
export function chainKeyIn(text: string): string | undefined {
  if (isGenesisHash(text)) return text.toLowerCase();
  return text.startsWith(BY_NAME) ? text : undefined;
}

/** Whether a text has the form of a genesis hash, in upper or lower case. */
export function isGenesisHash(text: string): boolean {
  return /^0x[\da-f]{64}$/i.test(text);
}

/** The genesis hash in a key; null where the chain goes by its name. */
export function genesisHashOf(chainKey: string): string | null {
  return isGenesisHash(chainKey) ? chainKey : null;
}
