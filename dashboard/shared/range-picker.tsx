import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { boundsOf, LAST, type TimeRange } from './time-range.js';

interface RangePickerProps {
  value: TimeRange;
  onChange: (range: TimeRange) => void;
  /** Offers "All time": for pages that load data in pages. */
  all?: boolean;
}

/** Selects a time range: one that ends now, or two times in the user's time zone. */
export function RangePicker({ value, onChange, all = false }: RangePickerProps): JSX.Element {
  const id = useId();
  const last = 'last' in value ? value.last : '';
  const offered = Object.entries(LAST).filter(([name]) => all || name !== 'all');
  const choose = (chosen: string): void => {
    if (chosen !== '') onChange({ last: chosen });
    else onChange({ from: new Date(boundsOf(value).start).toISOString(), to: undefined });
  };
  return (
    <div class="fields">
      <div class="field">
        <label for={`${id}-last`}>Time</label>
        <select id={`${id}-last`} value={last} onChange={(event) => choose(event.currentTarget.value)}>
          {offered.map(([name, { label }]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
          <option value="">Custom range</option>
        </select>
      </div>
      {'from' in value && (
        <>
          <TimeField
            label="From"
            value={value.from}
            onChange={(from) => from && onChange({ ...value, from })}
          />
          <TimeField label="To (empty: now)" value={value.to} onChange={(to) => onChange({ ...value, to })} />
        </>
      )}
    </div>
  );
}

interface TimeFieldProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

function TimeField({ label, value, onChange }: TimeFieldProps): JSX.Element {
  const changed = (text: string): void => {
    const date = new Date(text);
    onChange(Number.isNaN(date.getTime()) ? undefined : date.toISOString());
  };
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="datetime-local"
        step="1"
        value={value === undefined ? '' : inputTime(new Date(value))}
        onChange={(event) => changed(event.currentTarget.value)}
      />
    </label>
  );
}

/** The format of `datetime-local`: the user's time zone, without an offset. */
function inputTime(date: Date): string {
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19);
}
