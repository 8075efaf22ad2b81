import { postgresCpuSeconds, postgresProcesses } from '../support/cpu.js';
import { percentile } from '../query/measure.js';
import type { ReadRequest } from './requests.js';
import type { Side } from './sides.js';

/** Both are asked in turn, so that what disturbs the machine disturbs both. */
const TURNS = 3;
const WARM_UP = { requests: 5, ms: 2_000, fewest: 1 };
const SINGLE = { requests: 60, ms: 3_000, fewest: 3 };

export interface Measured {
  rows: number;
  /** One at a time: milliseconds. */
  p50: number;
  p95: number;
  /** Several in parallel: requests a second, and CPU of each: milliseconds. */
  perSecond: number;
  cpuServer: number;
  cpuPostgres: number;
}

/** Measures a request on two sides, with all that it takes in memory. */
export async function measureBoth(
  request: ReadRequest,
  sides: readonly [Side, Side],
  { url, parallel, seconds }: { url: string; parallel: number; seconds: number },
): Promise<[Measured, Measured]> {
  const found = sides.map((side) => ({ side, rows: 0, times: [] as number[] }));
  for (const entry of found) {
    entry.rows = await entry.side.ask(request, true);
    await oneByOne(entry.side, request, WARM_UP);
  }
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const { side, times } of found) times.push(...(await oneByOne(side, request, SINGLE)));
  }
  const measured: Measured[] = [];
  for (const { side, rows, times } of found) {
    const together = await inParallel(side, request, url, parallel, seconds);
    measured.push({ rows, p50: percentile(times, 0.5), p95: percentile(times, 0.95), ...together });
  }
  return measured as [Measured, Measured];
}

async function oneByOne(
  side: Side,
  request: ReadRequest,
  most: { requests: number; ms: number; fewest: number },
): Promise<number[]> {
  const times: number[] = [];
  const began = performance.now();
  while (
    times.length < most.requests &&
    (times.length < most.fewest || performance.now() - began < most.ms)
  ) {
    times.push(await timeOf(side, request));
  }
  return times;
}

/** Milliseconds until the whole answer is there. */
export async function timeOf(side: Side, request: ReadRequest): Promise<number> {
  const began = performance.now();
  await side.ask(request);
  return performance.now() - began;
}

async function inParallel(
  side: Side,
  request: ReadRequest,
  url: string,
  parallel: number,
  seconds: number,
): Promise<Pick<Measured, 'perSecond' | 'cpuServer' | 'cpuPostgres'>> {
  await Promise.all(Array.from({ length: parallel }, () => side.ask(request)));
  const before = { server: side.cpu(), postgres: postgresCpuSeconds(await postgresProcesses(url)) };
  const began = performance.now();
  let answers = 0;
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      do {
        await side.ask(request);
        answers += 1;
      } while (performance.now() - began < seconds * 1000);
    }),
  );
  const took = (performance.now() - began) / 1000;
  const after = { server: side.cpu(), postgres: postgresCpuSeconds(await postgresProcesses(url)) };
  return {
    perSecond: answers / took,
    cpuServer: ((after.server - before.server) / answers) * 1000,
    cpuPostgres: ((after.postgres - before.postgres) / answers) * 1000,
  };
}
