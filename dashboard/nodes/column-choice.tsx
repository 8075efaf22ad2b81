import type { JSX } from 'preact';
import { COLUMNS } from './columns.js';

interface ColumnChoiceProps {
  /** Names of the visible columns. */
  chosen: ReadonlySet<string>;
  onToggle: (name: string) => void;
}

/** Selects the visible columns. */
export function ColumnChoice({ chosen, onToggle }: ColumnChoiceProps): JSX.Element {
  return (
    <details class="columns">
      <summary>Columns</summary>
      <fieldset>
        <legend class="hidden">Visible columns</legend>
        {COLUMNS.slice(1).map(({ name, label }) => (
          <label key={name} class="check">
            <input type="checkbox" checked={chosen.has(name)} onChange={() => onToggle(name)} />
            {label}
          </label>
        ))}
      </fieldset>
    </details>
  );
}
