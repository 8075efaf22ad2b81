import { COLUMNS, type Sample } from './sample.js';

const DIGITS = 3;

/** With a line of names, and dots in numbers. */
export function toCsv(samples: readonly Sample[]): string {
  const lines = samples.map((sample) => COLUMNS.map((column) => Number(sample[column].toFixed(DIGITS))));
  return [COLUMNS, ...lines].map((line) => `${line.join(',')}\n`).join('');
}
