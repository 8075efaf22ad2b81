import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultyPostgres } from '../support/faulty-postgres.js';
import { NumberedNodes } from '../support/numbered-messages.js';
import { freePort } from '../support/free-port.js';
import { ServerProcess } from '../support/server-process.js';
import { waitUntil } from '../support/wait-until.js';
import { tempDir } from '../support/temp-dir.js';

/** What a node has sent this long before a kill has been read: also on a busy machine it does not lie in buffers. */
const UNREAD_MS = 100;
const RATE = 2_000;
/** How long the database stays away. Two minutes are tried with TEST_OUTAGE_S=120. */
const OUTAGE_S = Number(process.env.TEST_OUTAGE_S ?? 8);

describe('under faults every message is stored exactly once', { timeout: 120_000 + OUTAGE_S * 2_000 }, () => {
  let postgres: FaultyPostgres;
  let dataDir: string;

  beforeAll(async () => {
    postgres = await FaultyPostgres.start();
    dataDir = await tempDir('exactly');
  });

  afterAll(async () => {
    await postgres[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  });

  const environment = (name: string, more: Record<string, string> = {}): Record<string, string> => ({
    DATABASE_URL: postgres.url.replace(/\/[^/]*$/, `/${name}`),
    DATA_DIR: join(dataDir, name),
    ...more,
  });

  for (const mode of ['always', 'overflow', 'off']) {
    it(`with the database stopped, crashed and its sessions ended, and the server restarted (${mode})`, async () => {
      const variables = environment(`faults_${mode}`, { JOURNAL_MODE: mode });
      const port = await freePort();
      let server = await ServerProcess.ready(port, variables);
      const nodes = new NumberedNodes(server.ws, 20, RATE);
      try {
        await sleep(1_000);
        await postgres.stop('immediate');
        await sleep(1_500);
        await postgres.startAgain();
        for (let i = 0; i < 5; i += 1) {
          await sleep(200);
          await postgres.terminateBackends().catch(() => undefined);
        }
        await postgres.stop('fast');
        // Without a journal there is nowhere to put what memory holds: then the database comes back first.
        if (mode === 'off') await postgres.startAgain();
        expect(await server.end('SIGTERM'), server.log).toBe(0);
        if (mode !== 'off') await postgres.startAgain();
        server = await ServerProcess.ready(port, variables);
        await waitUntil(() => nodes.connects >= 40, { what: 'the nodes to come back', timeoutMs: 20_000 });
        await sleep(1_000);
      } finally {
        await nodes.stop();
      }
      const tally = (): ReturnType<typeof nodes.tally> => nodes.tally(variables.DATABASE_URL ?? '');
      // A stop leaves what takes too long in the journal.
      await waitUntil(async () => (await tally()).missing === 0, { what: 'all messages', timeoutMs: 60_000 });
      expect(await server.end('SIGTERM'), server.log).toBe(0);
      expect(nodes.sent.length).toBeGreaterThan(2 * RATE);
      expect(await tally()).toEqual({
        stored: nodes.sent.length,
        missing: 0,
        twice: 0,
      });
    });
  }

  it('with the server killed, except for messages that it had not read', async () => {
    const variables = environment('killed', { JOURNAL_MODE: 'always' });
    const port = await freePort();
    let server = await ServerProcess.ready(port, variables);
    const nodes = new NumberedNodes(server.ws, 20, RATE);
    const kills = 3;
    try {
      for (let kill = 0; kill < kills; kill += 1) {
        await sleep(800);
        if (kill === 1) await postgres.stop('immediate');
        await sleep(700);
        await server.end('SIGKILL');
        if (kill === 1) await postgres.startAgain();
        server = await ServerProcess.ready(port, variables);
      }
      await sleep(500);
    } finally {
      await nodes.stop();
    }
    const journals = join(variables.DATA_DIR ?? '', 'journal');
    await waitUntil(async () => (await readdir(journals)).length === 1, {
      what: 'the journals of the killed to be stored and gone',
      timeoutMs: 20_000,
    });
    expect(await server.end('SIGTERM'), server.log).toBe(0);
    const tally = await nodes.tally(variables.DATABASE_URL ?? '');
    expect(tally.twice).toBe(0);
    // What lay in sockets, or was sent to a server that was gone; delivery.e2e.spec.ts tells them apart from others.
    expect(tally.missing).toBeLessThanOrEqual(kills * RATE * (UNREAD_MS / 1000));
    expect(tally.stored).toBeGreaterThan(2 * RATE);
  });

  it(`with an outage of the database of ${OUTAGE_S.toString()} s, in bounded memory`, async () => {
    const variables = environment('outage');
    const server = await ServerProcess.ready(await freePort(), variables);
    const nodes = new NumberedNodes(server.ws, 20, RATE);
    try {
      await sleep(500);
      await postgres.stop('fast');
      await sleep(OUTAGE_S * 1000);
      await postgres.startAgain();
      await sleep(1_000);
    } finally {
      await nodes.stop();
    }
    await waitUntil(async () => (await fetchMetric(server, 'tetcore_queue_batches')) === 0, {
      what: 'the queue to be empty',
      timeoutMs: 60_000,
    });
    const { peak } = await server.memory();
    expect(peak).toBeLessThanOrEqual(400);
    expect(await server.end('SIGTERM'), server.log).toBe(0);
    expect(await nodes.tally(variables.DATABASE_URL ?? '')).toEqual({
      stored: nodes.sent.length,
      missing: 0,
      twice: 0,
    });
    console.log(
      `outage of ${OUTAGE_S.toString()} s: ${nodes.sent.length.toString()} messages, peak of ${peak.toFixed(0)} MiB`,
    );
  });
});

async function fetchMetric(server: ServerProcess, name: string): Promise<number> {
  const text = await (await fetch(`${server.http}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}
