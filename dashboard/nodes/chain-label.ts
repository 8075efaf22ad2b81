import type { Chain } from './network.js';

type Named = Pick<Chain, 'network' | 'name' | 'genesis_hash'>;

/** Hash prefix that distinguishes chains of the same name: `0x` and eight digits. */
const BEGINNING = 10;

/** What people read: the name of a chain, with the beginning of its hash where another one has that name too. */
export function chainLabel({ network, name, genesis_hash }: Named, chains: readonly Named[]): string {
  if (name === null) return genesis_hash === null ? network : genesis_hash.slice(0, BEGINNING);
  const hasNamesake = chains.some((other) => other.name === name && other.network !== network);
  if (!hasNamesake) return name;
  return `${name} ${genesis_hash === null ? '(no genesis hash)' : genesis_hash.slice(0, BEGINNING)}`;
}

/** The chain that a URL means: by what identifies it, or by a name that only one has. */
export function chainOf<Chain extends Named>(text: string, chains: readonly Chain[]): Chain | undefined {
  const exact = chains.find(({ network }) => network === text || network === text.toLowerCase());
  if (exact !== undefined) return exact;
  const named = chains.filter(({ name }) => name === text);
  return named.length === 1 ? named[0] : undefined;
}
