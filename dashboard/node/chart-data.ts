import { type Series, thinned, withGaps } from '../shared/series.js';
import type { ChartDefinition, Interval } from './interval-charts.js';

/** Points of a chart: fewer than there are pixels. */
const POINTS = 400;
/** A node reports every five seconds. What comes more rarely all the time is no gap. */
const SHORTEST_GAP_S = 60;
const GAP_OF_USUAL = 5;

/** The series of a chart, gathered from messages that come newest first. */
export class ChartData {
  private readonly times: number[] = [];
  private readonly columns: (number | null)[][];

  constructor(readonly definition: ChartDefinition) {
    this.columns = definition.labels.map(() => []);
  }

  /** @param time seconds since the epoch, not after the former */
  add(time: number, interval: Interval): void {
    const values = this.definition.values(interval);
    if (values.every((value) => value === null)) return;
    this.times.push(time);
    values.forEach((value, column) => this.columns[column]?.push(value));
  }

  get isEmpty(): boolean {
    return this.times.length === 0;
  }

  /** For display: in the order of time, with gaps, thinned. */
  series(): Series {
    const series = {
      times: this.times.toReversed(),
      columns: this.columns.map((column) => column.toReversed()),
    };
    return thinned(
      withGaps(series, Math.max(SHORTEST_GAP_S, GAP_OF_USUAL * usualStep(series.times))),
      POINTS,
    );
  }
}

function usualStep(times: readonly number[]): number {
  const steps = times.slice(1).map((time, at) => time - (times[at] ?? time));
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
}
