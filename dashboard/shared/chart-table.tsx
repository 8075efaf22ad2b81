import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Series } from './series.js';
import { Time } from './time.js';

/** Rows that are shown: the whole time, by as many values. */
const ROWS = 60;

interface ChartTableProps {
  title: string;
  labels: readonly string[];
  data: Series;
  format: (value: number) => string;
}

/** The values of a chart for whoever cannot see it; made when it is opened. */
export function ChartTable({ title, labels, data, format }: ChartTableProps): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <details class="chart-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        As a table<span class="hidden">: {title}</span>
      </summary>
      {open && (
        <div class="scroll" tabIndex={0} role="region" aria-label={`${title}, as a table`}>
          <table>
            <caption>{title}</caption>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {labels.map((label) => (
                  <th key={label} scope="col" class="number">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {sample(data).map((at) => (
                <tr key={at}>
                  <td>
                    <Time value={new Date((data.times[at] ?? 0) * 1000).toISOString()} />
                  </td>
                  {labels.map((label, column) => (
                    <td key={label} class="number">
                      {shown(data.columns[column]?.[at], format)}
                      {extremes(data.low?.[column]?.[at], data.high?.[column]?.[at], format)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

/** What a mean was made of. */
function extremes(
  low: number | null | undefined,
  high: number | null | undefined,
  format: (value: number) => string,
): string {
  if (low === undefined || low === null || high === undefined || high === null || low === high) return '';
  return ` (${format(low)} to ${format(high)})`;
}

/** Newest first, evenly spread. */
function sample({ times, columns }: Series): number[] {
  const filled = times.map((_, at) => at).filter((at) => columns.some((column) => column[at] !== null));
  const step = Math.max(1, filled.length / ROWS);
  const count = Math.min(ROWS, filled.length);
  return Array.from({ length: count }, (_, row) => filled[filled.length - 1 - Math.floor(row * step)] ?? 0);
}

function shown(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? '–' : format(value);
}
