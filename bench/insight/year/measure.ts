import { gzipSync } from 'node:zlib';
import { Random } from '../../../src/simulator/random/random.js';
import { ask } from '../../query/http-client.js';
import { percentile } from '../../query/measure.js';
import { round2 } from '../../support/result.js';
import type { Route } from './routes.js';
import type { World } from './world.js';

export const BAR_MS = 200;
export const BAR_KB = 1_000;

/** Of other times than those that are measured. */
const WARM_UP = 3;

export interface Measured {
  route: string;
  range: string;
  p50_ms: number;
  p95_ms: number;
  /** The largest body, as a proxy compresses it. */
  gzip_kb: number;
  body_kb: number;
  missed: string;
}

/** Sends the requests of a route one after another, the same ones each time. @throws if one fails */
export async function measure(
  http: string,
  world: World,
  { name, range, path }: Route,
  requests: number,
): Promise<Measured> {
  const draw = new Random(world.seed, name, range);
  const times: number[] = [];
  let largest = '';
  for (let index = 0; index < WARM_UP + requests; index += 1) {
    const url = path(world, draw);
    const { status, ms, text } = await ask(http + url);
    if (status !== 200) throw new Error(`${url}: ${status.toString()} ${text.slice(0, 500)}`);
    if (index >= WARM_UP) times.push(ms);
    if (text.length > largest.length) largest = text;
  }
  const found = {
    route: name,
    range,
    p50_ms: round2(percentile(times, 0.5)),
    p95_ms: round2(percentile(times, 0.95)),
    gzip_kb: round2(gzipSync(largest).length / 1_000),
    body_kb: Math.round(Buffer.byteLength(largest) / 1_000),
  };
  return { ...found, missed: missedBy(found) };
}

function missedBy({ p95_ms, gzip_kb }: { p95_ms: number; gzip_kb: number }): string {
  return [p95_ms >= BAR_MS && 'time', gzip_kb > BAR_KB && 'size'].filter((bar) => bar !== false).join(', ');
}
