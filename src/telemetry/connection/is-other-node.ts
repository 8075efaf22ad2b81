import { chainKeyOf, type NodeIdentity } from '../../storage/index.js';

type Said = Pick<NodeIdentity, 'peerId' | 'genesisHash' | 'chain'>;

/**
 * Whether a greeting is of another node than the one that is known: another peer id, or another chain. What either of
 * them leaves out makes no difference.
 */
export function isOtherNode(known: Said, said: Said): boolean {
  return differ(known.peerId, said.peerId) || isOtherChain(known, said);
}

/** By genesis hash where both have one: a chain may be called by several names. */
function isOtherChain(known: Said, said: Said): boolean {
  const byHash = known.genesisHash !== null && said.genesisHash !== null;
  const keyOf = ({ genesisHash, chain }: Said): string | null =>
    chainKeyOf({ genesisHash: byHash ? genesisHash : null, chain });
  return differ(keyOf(known), keyOf(said));
}

function differ(known: string | null, said: string | null): boolean {
  return known !== null && said !== null && known !== said;
}
