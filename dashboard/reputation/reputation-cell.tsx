import type { JSX } from 'preact';
import { formatCount } from '../shared/format.js';

/** Substrate bans a peer at or below this value: 82 % of the minimum. */
const BANNED = -1_760_936_591;

/** The level of a reputation by its order of magnitude, from `bad-3` to `good-3`. */
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

/** A table cell with a reputation, its colour, and a mark if the peer is connected. */
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
