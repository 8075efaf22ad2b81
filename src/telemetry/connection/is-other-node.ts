import { chainKeyOf, type NodeIdentity } from '../../storage/index.js';

type Said = Pick<NodeIdentity, 'peerId' | 'genesisHash' | 'chain'>;

/**
 * Whether a greeting is of another node than the one that is known: another peer id, or another chain. What either of
 * them leaves out makes no difference.
 */
export function isOtherNode(known: Said, said: Said): boolean {
  return differ(known.peerId, said.peerId) || isOtherChain(known, said);
}

/**
 * By genesis hash where the greeting has one: a chain may be called by several names. A hash after greetings without
 * one is another chain too, or the messages that came before it would move there.
 */
function isOtherChain(known: Said, said: Said): boolean {
  const leavesOutHash = known.genesisHash !== null && said.genesisHash === null;
  return leavesOutHash ? differ(known.chain, said.chain) : differ(chainKeyOf(known), chainKeyOf(said));
}

function differ(known: string | null, said: string | null): boolean {
  return known !== null && said !== null && known !== said;
}
