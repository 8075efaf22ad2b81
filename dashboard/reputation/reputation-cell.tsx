import type { JSX } from 'preact';
import { formatCount } from '../shared/format.js';
import { BANNED, levelOf } from './level.js';

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
