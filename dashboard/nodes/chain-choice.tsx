import type { JSX } from 'preact';
import { formatCount } from '../shared/format.js';
import type { Chain } from './network.js';

interface ChainChoiceProps {
  chains: readonly Chain[];
  value: string | undefined;
  onChange: (name: string) => void;
}

/** Which chain is shown, of those that nodes are on. One that nobody is on now stays if it was chosen. */
export function ChainChoice({ chains, value, onChange }: ChainChoiceProps): JSX.Element {
  const others = value === undefined || chains.some(({ name }) => name === value) ? [] : [value];
  return (
    <label class="field">
      <span>Chain</span>
      <select
        value={value ?? ''}
        disabled={value === undefined}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {others.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
        {chains.map(({ name, node_count }) => (
          <option key={name} value={name}>
            {name} ({formatCount(node_count)})
          </option>
        ))}
      </select>
    </label>
  );
}
