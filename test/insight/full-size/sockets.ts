import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.js';
import { databaseNamed } from '../../support/on-database.js';
import { ServerProcess } from '../../support/server-process.js';
import { tempDir } from '../../support/temp-dir.js';
import { waitUntil } from '../../support/wait-until.js';
import { Bars } from './bars.js';
import { compareBlocks } from './compare-blocks.js';
import { runCommand } from './run-command.js';
import { Stored } from './stored.js';
import { readTruth } from './truth-file.js';

const MINUTE_MS = 60_000;
/** Nodes connect, and clocks become known. */
const SETTLE_MS = 2 * MINUTE_MS;
/** A block arrives within a minute, or not at all. */
const FINISH_MS = 1.5 * MINUTE_MS;
const BOUNDS = { p50Ms: 15, p90Ms: 25 };

export interface SocketsOptions {
  postgresUrl: string;
  seed: number;
  nodes: number;
  minutes: number;
}

/** Nodes that send to a server over real sockets in real time, with the statistics that the server makes meanwhile. */
export async function verifySockets({ postgresUrl, seed, nodes, minutes }: SocketsOptions): Promise<Bars> {
  const url = databaseNamed(postgresUrl, 'sockets');
  const folder = await tempDir('truth');
  const dataDir = await tempDir('insight');
  try {
    const file = join(folder, 'truth.ndjson');
    await using server = await ServerProcess.ready(await freePort(), {
      DATABASE_URL: url,
      DATA_DIR: dataDir,
    });
    await runCommand(
      ['simulate', '--scenario', 'history', '--nodes', nodes.toString(), '--seed', seed.toString()],
      ['--duration', (minutes * 60).toString(), '--url', server.ws, '--truth', file],
    );
    const truth = await readTruth(file);
    const endAt = truth.startAt + minutes * MINUTE_MS;
    const stored = new Stored(url);
    await waitUntil(async () => (await stored.closedUntil()) >= endAt, {
      what: 'the aggregation to close the last minute',
      timeoutMs: 5 * MINUTE_MS,
      everyMs: 1_000,
    });
    const bars = new Bars('sockets');
    const range = { from: truth.startAt + SETTLE_MS, to: endAt - FINISH_MS };
    for (const chain of truth.chains) await compareBlocks(bars, stored, chain, { ...range, ...BOUNDS });
    return bars;
  } finally {
    await rm(folder, { recursive: true });
    await rm(dataDir, { recursive: true });
  }
}
