import type { JSX } from 'preact';
import type { QueryChange } from '../shared/url-state.js';

interface ScopeFieldsProps {
  /** '' for the whole run. */
  event: string;
  events: readonly string[];
  /** '' for all. */
  target: string;
  targets: readonly string[];
  change: (change: QueryChange) => void;
}

/** Of which time and which target calls are shown. */
export function ScopeFields({ event, events, target, targets, change }: ScopeFieldsProps): JSX.Element {
  return (
    <form class="fields" aria-label="Call filters" onSubmit={(submit) => submit.preventDefault()}>
      <Choice
        label="During"
        none="Whole run"
        value={event}
        offered={events}
        onChange={(chosen) => change({ event: chosen })}
      />
      <Choice
        label="Target"
        none="All"
        value={target}
        offered={targets}
        onChange={(chosen) => change({ target: chosen })}
      />
    </form>
  );
}

interface ChoiceProps {
  label: string;
  none: string;
  value: string;
  offered: readonly string[];
  onChange: (value: string) => void;
}

function Choice({ label, none, value, offered, onChange }: ChoiceProps): JSX.Element {
  const all = value === '' || offered.includes(value) ? offered : [value, ...offered];
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{none}</option>
        {all.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
}
