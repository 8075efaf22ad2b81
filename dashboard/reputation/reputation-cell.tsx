import type { JSX } from 'preact';
import { formatCount } from '../shared/format.js';

/** At or below it, Substrate bans a peer: 82 % of the lowest reputation that there is. */
const BANNED = -1_760_936_591;

/** How good a reputation is, from `bad-3` to `good-3`, by its magnitude: they go over nine decades. */
export function levelOf(reputation: number): string {
  if (reputation === 0) return 'none';
  const size = Math.abs(reputation);
  const step = size < 1000 ? 1 : size < 1_000_000 ? 2 : 3;
  return `${reputation < 0 ? 'bad' : 'good'}-${step}`;
}

interface ReputationProps {
  value: number;
  connected: boolean;
}

/** A cell of a table: a reputation by number and colour, with a mark where the two are connected. */
export function ReputationCell({ value, connected }: ReputationProps): JSX.Element {
  return (
    <td class={`number reputation ${levelOf(value)}`}>
      {formatCount(value)}
      {value <= BANNED && <span> banned</span>}
      {connected && (
        <span>
          {' '}
          <span aria-hidden="true" title="Connected">
            ●
          </span>
          <span class="hidden">connected</span>
        </span>
      )}
    </td>
  );
}
