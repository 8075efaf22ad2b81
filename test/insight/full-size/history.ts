import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { databaseNamed } from '../../support/on-database.js';
import { tempDir } from '../../support/temp-dir.js';
import { Bars } from './bars.js';
import { compareBlocks, type Range } from './compare-blocks.js';
import { compareForks, compareSlots, compareSpans } from './compare-chains.js';
import { compareClocks, compareOutages, compareSessions } from './compare-nodes.js';
import { runCommand } from './run-command.js';
import { Routes } from './routes.js';
import { Stored } from './stored.js';
import { readTruth } from './truth-file.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The first minutes have no blocks before them, the last ones none after them. */
const [SETTLE_MS, FINISH_MS] = [3 * MINUTE_MS, 5 * MINUTE_MS];
const BOUNDS = { p50Ms: 5, p90Ms: 10 };

export interface HistoryOptions {
  postgresUrl: string;
  seed: number;
  nodes: number;
  hours: number;
}

/** Hours of the scenario `history`, with the statistics that `insight rebuild` makes of their messages. */
export async function verifyHistory({ postgresUrl, seed, nodes, hours }: HistoryOptions): Promise<Bars> {
  const url = databaseNamed(postgresUrl, `history_${seed.toString()}`);
  const startAt = (Math.floor(Date.now() / HOUR_MS) - hours - 1) * HOUR_MS;
  const endAt = startAt + hours * HOUR_MS;
  const start = new Date(startAt).toISOString();
  const folder = await tempDir('truth');
  try {
    const file = join(folder, 'truth.ndjson');
    await runCommand(
      ['simulate', '--scenario', 'history', '--nodes', nodes.toString(), '--seed', seed.toString()],
      ['--days', (hours / 24).toString(), '--start', start, '--database', url, '--truth', file],
    );
    await runCommand(['insight', 'rebuild', '--from', start, '--to', new Date(endAt).toISOString()], [], {
      DATABASE_URL: url,
    });
    const range = { from: startAt + SETTLE_MS, to: endAt - FINISH_MS };
    return await compareHistory(url, file, `seed ${seed.toString()}`, range, { from: startAt, to: endAt });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @param whole the hours that have a beginning and an end */
export async function compareHistory(
  url: string,
  file: string,
  where: string,
  range: Range,
  whole: Range,
): Promise<Bars> {
  const bars = new Bars(where);
  const truth = await readTruth(file);
  const stored = new Stored(url);
  await using routes = await Routes.of(url);
  for (const chain of truth.chains) {
    await compareBlocks(bars, stored, chain, { ...range, ...BOUNDS });
    await compareForks(bars, stored, routes, chain, range);
    await compareSpans(bars, stored, chain);
    await compareSlots(bars, routes, chain, range);
  }
  await compareSessions(bars, stored, truth);
  await compareOutages(bars, stored, routes, truth);
  await compareClocks(bars, stored, truth, whole);
  return bars;
}
