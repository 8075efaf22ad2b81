import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Series } from './series.js';
import { THEME_CHANGED } from './theme-choice.js';
import { Time } from './time.js';

interface ChartProps {
  /** Title, with the unit if `format` does not add one: "Peers", "Finality lag (blocks)". */
  title: string;
  /** The name of each column of `data`. */
  labels: readonly string[];
  data: Series;
  /** A value with its unit. */
  format: (value: number) => string;
  /** Seconds since the epoch. Default: the range of the data. */
  range?: { start: number; end: number };
  /** Starts the axis at 0, as for counts and rates. Default: true. */
  fromZero?: boolean;
  /** Charts with the same key share a cursor. */
  sync?: string;
  /** Pixels. */
  height?: number;
}

/**
 * A line chart, with breaks at null values (see `withGaps`), a band from minimum to maximum for downsampled data (see
 * `downsample`), and a table of the same values.
 */
export function Chart(props: ChartProps): JSX.Element {
  const { title, labels, data, format, height = 180 } = props;
  const container = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const colours = useColours();
  const range = useRef(props.range);
  range.current = props.range;

  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    const chart = new uPlot(
      options(props, colours, element.clientWidth, () => range.current),
      aligned(data),
      element,
    );
    chart.ctx.canvas.setAttribute('role', 'img');
    chart.ctx.canvas.setAttribute('aria-label', `${title}, as a chart. The table below lists the values.`);
    plot.current = chart;
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [title, labels.join('\n'), format, colours, height]);

  useEffect(() => plot.current?.setData(aligned(data)), [data, props.range?.start, props.range?.end]);

  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={container} />
      <ChartTable title={title} labels={labels} data={data} format={format} />
    </figure>
  );
}

/** The columns, then the maximum and minimum of each column. */
function aligned({ times, columns, low = [], high = [] }: Series): uPlot.AlignedData {
  const none = times.map(() => null);
  return [times, ...columns, ...columns.flatMap((_, at) => [high[at] ?? none, low[at] ?? none])];
}

const BAND_EDGE: uPlot.Series = { class: 'band', width: 0, points: { show: false } };

/** @param colour a computed style: `rgb(…)` */
function translucent(colour: string): string {
  return colour.replace('rgb(', 'rgba(').replace(')', ', 0.25)');
}

function options(
  { labels, format, height = 180, fromZero = true, sync }: ChartProps,
  colours: ChartColours,
  width: number,
  range: () => ChartProps['range'],
): uPlot.Options {
  const axis = {
    stroke: colours.text,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { stroke: colours.grid },
  };
  return {
    width,
    height,
    scales: {
      x: {
        range: (_, min, max) => {
          const { start, end } = range() ?? { start: min, end: max };
          return [start, end];
        },
      },
      y: { range: (_, min, max) => bounds(min, max, fromZero) },
    },
    series: [
      {
        label: 'Time',
        value: (_, at: number | null) => (at === null ? '–' : new Date(at * 1000).toLocaleString()),
      },
      ...labels.map((label, at) => ({
        label,
        stroke: colours.lines[at % colours.lines.length] ?? colours.text,
        width: 1.5,
        spanGaps: false,
        points: { size: 4 },
        value: (_: uPlot, value: number | null) => (value === null ? '–' : format(value)),
      })),
      // Edges of the bands. The legend hides them by their class.
      ...labels.flatMap(() => [BAND_EDGE, BAND_EDGE]),
    ],
    bands: labels.map((_, at) => ({
      series: [1 + labels.length + 2 * at, 2 + labels.length + 2 * at],
      fill: translucent(colours.lines[at % colours.lines.length] ?? colours.text),
    })),
    axes: [axis, { ...axis, size: 80, values: (_, values) => values.map((value) => format(value)) }],
    cursor: { drag: { x: false, y: false }, ...(sync !== undefined && { sync: { key: sync } }) },
    legend: { live: true },
  };
}

/** The range of the y axis; never empty, even if all values are equal. */
function bounds(min: number | null, max: number | null, fromZero: boolean): uPlot.Range.MinMax {
  const [low, high] = [min ?? 0, max ?? 1];
  const bottom = fromZero ? Math.min(0, low) : low;
  const margin = (high - bottom) * 0.08 || 1;
  return [fromZero && low >= 0 ? 0 : bottom - margin, high + margin];
}

/** Maximum number of table rows. They are sampled over the whole time range. */
const MAX_ROWS = 60;

interface ChartTableProps {
  title: string;
  labels: readonly string[];
  data: Series;
  format: (value: number) => string;
}

/** The values of a chart as an accessible table, rendered when it is opened. */
function ChartTable({ title, labels, data, format }: ChartTableProps): JSX.Element {
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
                      {textOf(data.columns[column]?.[at], format)}
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

/** The minimum and maximum of a downsampled value. */
function extremes(
  low: number | null | undefined,
  high: number | null | undefined,
  format: (value: number) => string,
): string {
  if (low === undefined || low === null || high === undefined || high === null || low === high) return '';
  return ` (${format(low)} to ${format(high)})`;
}

/** Indexes of sampled rows, newest first. */
function sample({ times, columns }: Series): number[] {
  const filled = times.map((_, at) => at).filter((at) => columns.some((column) => column[at] !== null));
  const step = Math.max(1, filled.length / MAX_ROWS);
  const count = Math.min(MAX_ROWS, filled.length);
  return Array.from({ length: count }, (_, row) => filled[filled.length - 1 - Math.floor(row * step)] ?? 0);
}

function textOf(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? '–' : format(value);
}

/** Colours of the theme, resolved for a canvas. */
interface ChartColours {
  text: string;
  grid: string;
  lines: string[];
}

const LINES = ['--line-1', '--line-2', '--line-3', '--line-4', '--line-5', '--line-6'];

/** The colours of the current theme. */
function useColours(): ChartColours {
  const [colours, setColours] = useState(read);
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const update = (): void => setColours(read());
    dark.addEventListener('change', update);
    addEventListener(THEME_CHANGED, update);
    return () => {
      dark.removeEventListener('change', update);
      removeEventListener(THEME_CHANGED, update);
    };
  }, []);
  return colours;
}

function read(): ChartColours {
  // The value of a custom property contains light-dark(). The computed colour of an element is resolved.
  const probe = document.body.appendChild(document.createElement('span'));
  const resolved = (property: string): string => {
    probe.style.color = `var(${property})`;
    return getComputedStyle(probe).color;
  };
  const colours = { text: resolved('--muted'), grid: resolved('--border'), lines: LINES.map(resolved) };
  probe.remove();
  return colours;
}
