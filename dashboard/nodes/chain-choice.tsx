import type { JSX } from 'preact';
import { formatCount } from '../shared/format.js';
import { chainLabel } from './chain-label.js';
import type { Chain } from './network.js';

interface ChainChoiceProps {
  chains: readonly Chain[];
  /** The id of the chain, or an unknown name. */
  value: string | undefined;
  onChange: (chainId: string) => void;
}

/** Selects the chain. A selected chain without nodes stays in the list. */
export function ChainChoice({ chains, value, onChange }: ChainChoiceProps): JSX.Element {
  const others = value === undefined || chains.some(({ network }) => network === value) ? [] : [value];
  return (
    <label class="field">
      <span>Chain</span>
      <select
        value={value ?? ''}
        disabled={value === undefined}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {others.map((chainId) => (
          <option key={chainId} value={chainId}>
            {chainId}
          </option>
        ))}
        {chains.map((chain) => (
          <option key={chain.network} value={chain.network}>
            {chainLabel(chain, chains)} ({formatCount(chain.node_count)})
          </option>
        ))}
      </select>
    </label>
  );
}
