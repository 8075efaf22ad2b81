import { type Series, downsample, withGaps } from '../shared/series.js';
import type { ChartDefinition, IntervalMessage } from './interval-charts.js';

/** Fewer points than pixels. */
const MAX_POINTS = 400;
/** A gap is longer than a minute and than five times the median interval. */
const MIN_GAP_S = 60;
const GAP_FACTOR = 5;

/** Collects the series of a chart from messages, newest first. */
export class ChartData {
  private readonly times: number[] = [];
  private readonly columns: (number | null)[][];

  constructor(readonly definition: ChartDefinition) {
    this.columns = definition.labels.map(() => []);
  }

  /** @param time seconds since the epoch; must not increase */
  add(time: number, message: IntervalMessage): void {
    const values = this.definition.values(message);
    if (values.every((value) => value === null)) return;
    this.times.push(time);
    values.forEach((value, column) => this.columns[column]?.push(value));
  }

  get isEmpty(): boolean {
    return this.times.length === 0;
  }

  /** The series for display: oldest first, with gaps, downsampled. */
  series(): Series {
    const series = {
      times: this.times.toReversed(),
      columns: this.columns.map((column) => column.toReversed()),
    };
    return downsample(
      withGaps(series, Math.max(MIN_GAP_S, GAP_FACTOR * medianInterval(series.times))),
      MAX_POINTS,
    );
  }
}

function medianInterval(times: readonly number[]): number {
  const intervals = times.slice(1).map((time, at) => time - (times[at] ?? time));
  return intervals.sort((a, b) => a - b)[Math.floor(intervals.length / 2)] ?? 0;
}
