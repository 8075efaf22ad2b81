import type { ClientBase } from 'pg';
import { binsOf, quantile } from '../../../src/insight/aggregate/quantiles.js';
import { Random } from '../../../src/simulator/random/random.js';
import type { World } from './world.js';

/** Distinct ways of a block to the nodes; each block has one of them. */
export const TEMPLATES = 256;

/** Of all blocks at a node. */
const MISSED = 0.002;
/** Of the nodes that are away or in sync at a time. */
const NOT_EXPECTED = 0.005;

/** As in the scenario `history`. */
const LATENCIES = [
  { weight: 6, medianMs: 180, spread: 0.3 },
  { weight: 3, medianMs: 500, spread: 0.4 },
  { weight: 1, medianMs: 1_500, spread: 0.5 },
];

/** Writes a temporary table of ways of blocks: with the values of the aggregation, by its own code. */
export async function writeTemplates(client: ClientBase, { nodes, seed }: World): Promise<void> {
  await client.query(`
    CREATE TEMPORARY TABLE template (
      id integer PRIMARY KEY, nodes integer[] NOT NULL, delays_ms integer[] NOT NULL, bins integer[] NOT NULL,
      expected integer NOT NULL, arrived integer NOT NULL, p50_ms real, p90_ms real, p95_ms real, p99_ms real,
      spread_ms real)`);
  const medians = Array.from({ length: nodes }, (_, node) => {
    const draw = new Random(seed, 'latency', node);
    const { medianMs, spread } = LATENCIES[pickClass(draw)] ?? { medianMs: 180, spread: 0.3 };
    return draw.logNormal(medianMs, spread);
  });
  for (let id = 0; id < TEMPLATES; id += 1) await insert(client, id, templateOf(medians, seed, id));
}

function pickClass(draw: Random): number {
  return Number(draw.weighted(Object.fromEntries(LATENCIES.map(({ weight }, index) => [index, weight]))));
}

interface Template {
  nodes: number[];
  delaysMs: (number | null)[];
}

function templateOf(medians: readonly number[], seed: number, id: number): Template {
  const draw = new Random(seed, 'template', id);
  const found: Template = { nodes: [], delaysMs: [] };
  for (const [node, median] of medians.entries()) {
    if (draw.chance(NOT_EXPECTED)) continue;
    found.nodes.push(node + 1);
    found.delaysMs.push(draw.chance(MISSED) ? null : Math.min(60_000, draw.logNormal(median, 0.3)));
  }
  const first = Math.min(...found.delaysMs.filter((delay) => delay !== null));
  return { ...found, delaysMs: found.delaysMs.map((delay) => (delay === null ? null : delay - first)) };
}

async function insert(client: ClientBase, id: number, { nodes, delaysMs }: Template): Promise<void> {
  const arrived = Float64Array.from(delaysMs.filter((delay) => delay !== null)).sort();
  const rank = (share: number): number | null => quantile([...arrived], share, nodes.length);
  const [p10, p90] = [rank(0.1), rank(0.9)];
  await client.query('INSERT INTO template VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)', [
    id,
    nodes,
    delaysMs.map((delay) => (delay === null ? null : Math.round(delay))),
    binsOf(arrived),
    nodes.length,
    arrived.length,
    rank(0.5),
    p90,
    rank(0.95),
    rank(0.99),
    p10 === null || p90 === null ? null : p90 - p10,
  ]);
}
