import type { JSX } from 'preact';
import { NodePicker } from '../shared/node-picker.js';
import type { QueryChange } from '../shared/url-state.js';
import { AGGREGATES, type Choice, MAX_INTERVAL_S, MAX_MINUTES } from './choice.js';
import { DraftInput } from '../shared/draft-input.js';

interface ControlsProps {
  choice: Choice;
  change: (change: QueryChange) => void;
  paused: boolean;
  onPause: (paused: boolean) => void;
}

/** Filters and aggregation of calls. */
export function Controls({ choice, change, paused, onPause }: ControlsProps): JSX.Element {
  const { peerId, aggregate, intervalS, minutes, filter } = choice;
  return (
    <form class="fields" aria-label="Call filters" onSubmit={(event) => event.preventDefault()}>
      <NodePicker value={peerId} onChange={(peer_id) => change({ peer_id })} />
      <label class="field">
        <span>Aggregate</span>
        <select value={aggregate} onChange={(event) => change({ aggregate: event.currentTarget.value })}>
          {Object.entries(AGGREGATES).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <NumberField
        label="Interval (seconds)"
        value={intervalS}
        max={MAX_INTERVAL_S}
        disabled={aggregate === 'raw'}
        onChange={(interval) => change({ interval })}
      />
      <NumberField
        label="Time range (minutes)"
        value={minutes}
        max={MAX_MINUTES}
        onChange={(shown) => change({ minutes: shown })}
      />
      <label class="field">
        <span>Name or target</span>
        <DraftInput
          type="search"
          value={filter}
          placeholder="All"
          onChange={(text) => change({ find: text })}
        />
      </label>
      <label class="check">
        <input type="checkbox" checked={paused} onChange={(event) => onPause(event.currentTarget.checked)} />
        Pause
      </label>
    </form>
  );
}

interface NumberFieldProps {
  label: string;
  value: number;
  max: number;
  disabled?: boolean;
  onChange: (value: string) => void;
}

function NumberField({ label, value, ...rest }: NumberFieldProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <DraftInput type="number" value={value.toString()} {...rest} />
    </label>
  );
}
