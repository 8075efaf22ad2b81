/** At or below it, Substrate bans a peer: 82 % of the lowest reputation that there is. */
export const BANNED = -1_760_936_591;

/** How good a reputation is, from `bad-3` to `good-3`, by its magnitude: they go over nine decades. */
export function levelOf(reputation: number): string {
  if (reputation === 0) return 'none';
  const size = Math.abs(reputation);
  const step = size < 1000 ? 1 : size < 1_000_000 ? 2 : 3;
  return `${reputation < 0 ? 'bad' : 'good'}-${step}`;
}
