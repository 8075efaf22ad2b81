import type { Chain } from './network.js';

type Named = Pick<Chain, 'network' | 'name' | 'genesis_hash'>;

/** Hash prefix that distinguishes chains of the same name: `0x` and eight digits. */
const PREFIX_LENGTH = 10;

/** The displayed name of a chain, with a prefix of its hash if another chain has the same name. */
export function chainLabel({ network, name, genesis_hash }: Named, chains: readonly Named[]): string {
  if (name === null) return genesis_hash === null ? network : genesis_hash.slice(0, PREFIX_LENGTH);
  const hasNamesake = chains.some((other) => other.name === name && other.network !== network);
  if (!hasNamesake) return name;
  return `${name} ${genesis_hash === null ? '(no genesis hash)' : genesis_hash.slice(0, PREFIX_LENGTH)}`;
}

/** Finds the chain of a URL by its id, or by a unique name. */
export function chainOf<Chain extends Named>(text: string, chains: readonly Chain[]): Chain | undefined {
  const exact = chains.find(({ network }) => network === text || network === text.toLowerCase());
  if (exact !== undefined) return exact;
  const named = chains.filter(({ name }) => name === text);
  return named.length === 1 ? named[0] : undefined;
}
