import { scaleTo } from './scale.js';

export interface Line {
  name: string;
  /** As long as the times of the plot. */
  values: readonly number[];
}

export interface Panel {
  /** With the unit. */
  title: string;
  lines: readonly Line[];
  /** Drawn across a part of the time. */
  levels?: readonly { from: number; to: number; value: number }[];
}

/** Something that happened, over a time. */
export interface Mark {
  from: number;
  to: number;
  name: string;
}

export interface Plot {
  title: string;
  /** Seconds, in order. */
  times: readonly number[];
  lengthS: number;
  panels: readonly Panel[];
  marks: readonly Mark[];
}

const COLUMNS = 2;
const WIDTH = 600;
const HEIGHT = 170;
/** Of the part of a panel in which lines are drawn. */
const INNER = { left: 64, top: 26, width: 520, height: 116 };
const HEAD = 40;
const LEGEND_LINE = 17;
const COLOURS = ['#1f5fa8', '#c4571b', '#3d7d3a'];
const STYLE = `text{font:11px sans-serif;fill:#333}.title{font-weight:bold}.head{font-size:15px;font-weight:bold}
.grid{stroke:#e3e3e3}.line{fill:none;stroke-width:1.3;stroke-linejoin:round}.level{stroke:#222;stroke-width:1.5;stroke-dasharray:5 3}
.mark{fill:#d33;fill-opacity:.18}.number{font-size:9px;fill:#a22}.end{text-anchor:end}.middle{text-anchor:middle}`;

/** Draws small panels over the same time, each with its own scale from 0, as one SVG that needs nothing else. */
export function drawPlot(plot: Plot): string {
  const rows = Math.ceil(plot.panels.length / COLUMNS);
  const width = COLUMNS * WIDTH;
  const legendTop = HEAD + rows * HEIGHT + LEGEND_LINE;
  const height = legendTop + Math.ceil(plot.marks.length / COLUMNS) * LEGEND_LINE;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<style>${STYLE}</style>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text class="head" x="12" y="24">${escape(plot.title)}</text>`,
    ...plot.panels.map((panel, index) => {
      const [column, row] = [index % COLUMNS, Math.floor(index / COLUMNS)];
      return `<g transform="translate(${column * WIDTH} ${HEAD + row * HEIGHT})">${drawPanel(panel, plot)}</g>`;
    }),
    ...plot.marks.map((mark, index) => {
      const [column, row] = [index % COLUMNS, Math.floor(index / COLUMNS)];
      const text = `${index + 1}  ${clock(mark.from)}  ${mark.name}, ${(mark.to - mark.from).toFixed(1)} s`;
      return `<text x="${column * WIDTH + 12}" y="${legendTop + row * LEGEND_LINE}">${escape(text)}</text>`;
    }),
    '</svg>\n',
  ].join('\n');
}

function drawPanel({ title, lines, levels = [] }: Panel, { times, lengthS, marks }: Plot): string {
  const { left, top, width, height } = INNER;
  const highest = Math.max(0, ...lines.flatMap(({ values }) => values.filter(Number.isFinite)));
  const { most, ticks } = scaleTo(highest, 4);
  const x = (second: number): string => (left + (second / lengthS) * width).toFixed(1);
  const y = (value: number): string => (top + (1 - value / most) * height).toFixed(1);
  return [
    `<text class="title" x="${left}" y="16">${escape(title)}</text>`,
    ...(lines.length > 1 ? lines : []).map(
      ({ name }, index) =>
        `<text class="end" x="${left + width - index * 90}" y="16" style="fill:${colour(index)}">${escape(name)}</text>`,
    ),
    ...marks.map(({ from, to, name }, index) => {
      const wide = Math.max(1, Number(x(to)) - Number(x(from))).toFixed(1);
      return (
        `<rect class="mark" x="${x(from)}" y="${top}" width="${wide}" height="${height}"><title>${escape(name)}</title></rect>` +
        `<text class="number" x="${x(from)}" y="${top + 8}">${index + 1}</text>`
      );
    }),
    ...ticks.map(
      (tick) =>
        `<line class="grid" x1="${left}" x2="${left + width}" y1="${y(tick)}" y2="${y(tick)}"/>` +
        `<text class="end" x="${left - 6}" y="${Number(y(tick)) + 4}">${tick.toLocaleString('en')}</text>`,
    ),
    ...timeTicks(lengthS).map(
      (tick) => `<text class="middle" x="${x(tick)}" y="${top + height + 15}">${clock(tick)}</text>`,
    ),
    ...lines.flatMap(({ values }, index) =>
      runsOf(times, values).map((run) => {
        const points = run.map(([time, value]) => `${x(time)},${y(value)}`).join(' ');
        return `<polyline class="line" stroke="${colour(index)}" points="${points}"/>`;
      }),
    ),
    ...levels
      .filter(({ value }) => Number.isFinite(value))
      .map(
        ({ from, to, value }) =>
          `<line class="level" x1="${x(from)}" x2="${x(to)}" y1="${y(value)}" y2="${y(value)}"/>`,
      ),
  ].join('\n');
}

/** Points that are known, as many lines as there are gaps between them. */
function runsOf(times: readonly number[], values: readonly number[]): [number, number][][] {
  const runs: [number, number][][] = [[]];
  for (const [index, time] of times.entries()) {
    const value = values[index] ?? NaN;
    if (Number.isFinite(value)) runs.at(-1)?.push([time, value]);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

/** Seconds. Whole minutes where there are enough of them. */
function timeTicks(lengthS: number): number[] {
  const unit = lengthS >= 240 ? 60 : 1;
  return scaleTo(lengthS / unit, 8)
    .ticks.map((tick) => tick * unit)
    .filter((tick) => tick <= lengthS);
}

/** Minutes and seconds. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

const colour = (index: number): string => COLOURS[index % COLOURS.length] ?? '#000';

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
