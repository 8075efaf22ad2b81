import type { ApiSchema } from '../shared/api.js';
import type { Series } from '../shared/series.js';

export type Report = ApiSchema<'PeerReputation'>;

/** Reports of a node about the peer in the time range. */
export interface Reporter {
  peerId: string;
  latest: Report;
  lowest: number;
  highest: number;
  /** Oldest first. */
  reports: Report[];
}

/** Merges reports after `start` (RFC 3339) without duplicates, newest first. */
export function mergeReports(known: readonly Report[], added: readonly Report[], start: string): Report[] {
  const all = new Map<string, Report>();
  for (const report of [...known, ...added]) {
    if (report.ts > start) all.set(`${report.ts} ${report.reporting_peer}`, report);
  }
  return [...all.values()].sort((a, b) => (a.ts < b.ts ? 1 : a.ts > b.ts ? -1 : 0));
}

/** Groups reports by reporter, lowest value first. */
export function reportersOf(reports: readonly Report[]): Reporter[] {
  const reporters = new Map<string, Reporter>();
  for (const report of [...reports].reverse()) {
    const { reporting_peer: peerId, reputation } = report;
    const known = reporters.get(peerId);
    if (known === undefined) {
      reporters.set(peerId, {
        peerId,
        latest: report,
        lowest: reputation,
        highest: reputation,
        reports: [report],
      });
      continue;
    }
    known.latest = report;
    known.lowest = Math.min(known.lowest, reputation);
    known.highest = Math.max(known.highest, reputation);
    known.reports.push(report);
  }
  return [...reporters.values()].sort((a, b) => a.lowest - b.lowest || (a.peerId < b.peerId ? -1 : 1));
}

/**
 * A column per reporter. A value holds until the next report of the node, but not longer than `holdS` seconds.
 */
export function seriesOf(reporters: readonly Reporter[], holdS: number): Series {
  const all = reporters.flatMap(({ reports }, column) =>
    reports.map(({ ts, reputation }) => ({ at: Date.parse(ts) / 1000, column, reputation })),
  );
  const series: Series = { times: [], columns: reporters.map(() => []) };
  const latest: { at: number; reputation: number }[] = [];
  for (const { at, column, reputation } of all.sort((a, b) => a.at - b.at)) {
    latest[column] = { at, reputation };
    if (series.times.at(-1) === at) {
      const own = series.columns[column];
      if (own !== undefined) own[own.length - 1] = reputation;
      continue;
    }
    series.times.push(at);
    series.columns.forEach((values, index) => {
      const last = latest[index];
      values.push(last !== undefined && at - last.at <= holdS ? last.reputation : null);
    });
  }
  return series;
}
