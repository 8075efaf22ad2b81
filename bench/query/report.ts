import { round2 } from '../support/result.js';
import type { Exported } from './export.js';
import type { UnderLoad } from './load.js';
import { timesUnderLoad } from './load.js';
import { type Measured, percentile } from './measure.js';
import type { Route } from './routes.js';

const GROWTH_BAR = 1.5;
const LOAD_BAR = 3;
const EXPORT_BAR = 0.4;
const EXPORT_GROWN_BAR_MIB = 50;
/** What differs by less is noise, whatever the ratio. */
const NOISE_MS = 2;

export interface Results {
  /** Messages in the databases, the fewest first; and what was measured on each. */
  sizes: readonly { rows: number; routes: ReadonlyMap<Route, Measured> }[];
  underLoad: UnderLoad | undefined;
  exported: Exported | undefined;
}

/** Prints a table with a row for each route, and all of it as one JSON object in the last line. */
export function printReport(routes: readonly Route[], results: Results): void {
  const lines = routes.map((route) => ({ route: route.name, ...figuresOf(route, results) }));
  console.table(lines.map((line) => ({ ...line, missed: line.missed.join(', ') })));
  const { underLoad: load, exported } = results;
  const overall = {
    growth_bar: GROWTH_BAR,
    load_bar: LOAD_BAR,
    ...(load && {
      messages_per_second_highest: Math.round(load.highest),
      messages_per_second_under_load: Math.round(load.rate),
      ingest_kept: round2(load.stored / load.rate),
    }),
    ...(exported && {
      export_rows: exported.rows,
      export_rows_per_second: Math.round(exported.http),
      copy_rows_per_second: Math.round(exported.copy),
      export_ratio: round2(exported.ratio),
      export_ratio_bar: EXPORT_BAR,
      export_grown_mib: Math.round(exported.grownMib),
      export_grown_late_mib: Math.round(exported.grownLateMib),
      export_grown_bar_mib: EXPORT_GROWN_BAR_MIB,
    }),
  };
  console.table(Object.entries(overall).map(([what, value]) => ({ what, value })));
  const missed = [
    ...lines.flatMap(({ route, missed: bars }) => bars.map((bar) => `${route}: ${bar}`)),
    ...(exported !== undefined && exported.ratio < EXPORT_BAR ? ['export_ratio'] : []),
    ...(exported !== undefined && exported.grownMib >= EXPORT_GROWN_BAR_MIB ? ['export_grown_mib'] : []),
  ];
  console.log(missed.length === 0 ? 'Every bar is met.' : `Missed:\n  ${missed.join('\n  ')}`);
  console.log(JSON.stringify({ routes: lines, ...overall, missed }));
}

function figuresOf(
  route: Route,
  { sizes, underLoad }: Results,
): Record<string, number | string> & { missed: string[] } {
  const found = sizes.map(({ rows, routes }) => ({ label: labelOf(rows), measured: routes.get(route) }));
  const figures: Record<string, number | string> = {};
  const p95s: number[] = [];
  for (const { label, measured } of found) {
    if (measured === undefined) continue;
    if ('status' in measured) {
      figures[`p95_${label}`] = `not there: ${measured.status.toString()}`;
      continue;
    }
    figures[`p50_${label}`] = round2(percentile(measured.times, 0.5));
    figures[`p95_${label}`] = round2(percentile(measured.times, 0.95));
    p95s.push(percentile(measured.times, 0.95));
  }
  const missed: string[] = [];
  if (route.barMs !== undefined) {
    figures.bar = route.barMs;
    if (p95s.some((ms) => ms > (route.barMs ?? Infinity))) missed.push('p95');
  }
  const [fewest, most] = [p95s[0], p95s.at(-1)];
  if (fewest !== undefined && most !== undefined && p95s.length > 1) {
    figures.growth = round2(most / fewest);
    if (most > fewest * GROWTH_BAR && most - fewest > NOISE_MS) missed.push('growth');
  }
  const loaded = underLoad && timesUnderLoad(underLoad, route);
  if (loaded !== undefined && most !== undefined) {
    figures.p50_load = round2(loaded.p50);
    figures.p95_load = round2(loaded.p95);
    figures.load_ratio = round2(loaded.p95 / most);
    if (loaded.p95 > most * LOAD_BAR && loaded.p95 - most > NOISE_MS) missed.push('load');
  }
  return Object.assign(figures, { missed });
}

function labelOf(rows: number): string {
  return rows >= 1e6 ? `${(rows / 1e6).toString()}M` : `${(rows / 1e3).toString()}k`;
}

/** Whether it took longer than its bar. */
export function isOverBar(route: Route, measured: Measured): boolean {
  return 'times' in measured && percentile(measured.times, 0.95) > (route.barMs ?? Infinity);
}
