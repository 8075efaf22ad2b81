import type { Cold } from './cold.js';
import type { Data } from './data/build.js';
import type { Measured } from './measure.js';
import type { ReadRequest } from './requests.js';

/** What both took for a request. */
export interface Answered {
  request: ReadRequest;
  ours: Measured;
  old: Measured;
  cold: Cold | undefined;
}

/** Prints a table with a row for each request, and all as one JSON object in the last line. */
export function printReport(data: Data, answered: readonly Answered[], parallel: number): void {
  const lines = answered.map((answer) => ({ request: answer.request.name, ...figuresOf(answer) }));
  console.log(
    `Milliseconds; per_second with ${parallel.toString()} in parallel. Ratios above 1: ours is better.`,
  );
  console.table(
    lines.map(({ request, ours, old, ratio }) => ({
      request,
      rows: `${ours.rows.toString()} ${old.rows.toString()}`,
      'p50 ours, 0.1.4': `${ours.p50.toString()} ${old.p50.toString()}`,
      p95: `${ours.p95.toString()} ${old.p95.toString()}`,
      '/s': `${ours.per_second.toString()} ${old.per_second.toString()}`,
      'cpu server': `${ours.cpu_server.toString()} ${old.cpu_server.toString()}`,
      'cpu postgres': `${ours.cpu_postgres.toString()} ${old.cpu_postgres.toString()}`,
      cold: ours.cold === undefined ? '' : `${ours.cold.toString()} ${(old.cold ?? NaN).toString()}`,
      'ratio p50': ratio.p50,
      'ratio /s': ratio.per_second,
      'ratio cpu': ratio.cpu,
    })),
  );
  const { rows, biggest, second, median, tracer, gone } = data.cast;
  const nodes = { biggest, second, median, tracer, gone };
  const messages = Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, node.messages]));
  const differ = answered.filter(({ request, ours, old }) => request.sameRows && ours.rows !== old.rows);
  for (const { request, ours, old } of differ) {
    console.log(`${request.name}: ${ours.rows.toString()} rows, but ${old.rows.toString()} of 0.1.4.`);
  }
  if (differ.length > 0) process.exitCode = 1;
  console.log(
    JSON.stringify({
      rows,
      messages_of: messages,
      parallel,
      requests: lines,
      rows_differ: differ.map(({ request }) => request.name),
    }),
  );
}

function figuresOf({ ours, old, cold }: Answered) {
  const cpu = (of: Measured): number => of.cpuServer + of.cpuPostgres;
  return {
    ours: sideOf(ours, cold?.[0]),
    old: sideOf(old, cold?.[1]),
    ratio: {
      p50: short(old.p50 / ours.p50),
      p95: short(old.p95 / ours.p95),
      per_second: short(ours.perSecond / old.perSecond),
      cpu: short(cpu(old) / cpu(ours)),
      ...(cold && { cold: short(cold[1] / cold[0]) }),
    },
  };
}

function sideOf(measured: Measured, cold: number | undefined) {
  const { rows, p50, p95, perSecond, cpuServer, cpuPostgres } = measured;
  return {
    rows,
    p50: short(p50),
    p95: short(p95),
    per_second: short(perSecond),
    cpu_server: short(cpuServer),
    cpu_postgres: short(cpuPostgres),
    ...(cold !== undefined && { cold: short(cold) }),
  };
}

function short(value: number): number {
  return Number(value.toPrecision(3));
}
