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

/** Filters by event and target. */
export function ScopeFields({ event, events, target, targets, change }: ScopeFieldsProps): JSX.Element {
  return (
    <form class="fields" aria-label="Call filters" onSubmit={(submit) => submit.preventDefault()}>
      <Choice
        label="During"
        none="Whole run"
        value={event}
        options={events}
        onChange={(chosen) => change({ event: chosen })}
      />
      <Choice
        label="Target"
        none="All"
        value={target}
        options={targets}
        onChange={(chosen) => change({ target: chosen })}
      />
    </form>
  );
}

interface ChoiceProps {
  label: string;
  none: string;
  value: string;
  options: readonly string[];
  onChange: (value: string) => void;
}

function Choice({ label, none, value, options, onChange }: ChoiceProps): JSX.Element {
  const all = value === '' || options.includes(value) ? options : [value, ...options];
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{none}</option>
        {all.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}
