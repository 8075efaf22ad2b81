import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { flood } from './flood.js';
import { sumOf } from '../support/metrics.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { freePort } from '../support/free-port.js';
import { NumberedNodes } from '../support/numbered-messages.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

/** `TEST_FLOOD_MIB` asks for more. */
const MIB = Number(process.env.TEST_FLOOD_MIB ?? 32);
const SEED = Number(process.env.TEST_FUZZ_SEED ?? 20_261_129);
/** 64 of them are the queue's; what parsing the largest messages leaves to be collected is most of the rest. */
const MAX_RESIDENT_MIB = 512;
/** As it is unless it is set. */
const MAX_FRAME = 512 * 1024;

it(
  `${MIB.toString()} MiB of frames from one node cost the others nothing, and no memory that stays`,
  { timeout: 60_000 + MIB * 1_000 },
  async () => {
    await using database = await TestDatabase.create();
    const dataDir = await tempDir('flood');
    try {
      await using server = await ServerProcess.ready(await freePort(), {
        DATABASE_URL: database.url,
        DATA_DIR: dataDir,
      });
      const before = await server.memory();
      const others = new NumberedNodes(server.ws, 5, 200);
      const node = await FakeNode.connect(server.ws);
      const startedAt = performance.now();
      const half = (MIB * 1024 * 1024) / 2;
      const halves: number[] = [];
      let messages = 0;
      for (const seed of [SEED, SEED + 1]) {
        const highest = watchMemory(server);
        messages += await flood(node, half, MAX_FRAME, seed);
        halves.push(await highest());
      }
      expect((await node.close()).code).toBe(1000);
      const seconds = (performance.now() - startedAt) / 1_000;
      await others.stop();
      const metrics = await waitUntil(
        async () => {
          const text = await (await fetch(`${server.http}/metrics`)).text();
          const received = sumOf(text, 'tetcore_messages_received_total');
          return received > messages && sumOf(text, 'tetcore_messages_total') === received && text;
        },
        { what: 'an outcome for all', timeoutMs: 60_000, everyMs: 100 },
      );
      const memory = await server.memory();
      console.log(
        `${MIB.toString()} MiB in ${messages.toString()} messages, ${(MIB / seconds).toFixed(0)} MiB/s: ` +
          `resident memory ${before.now.toFixed(0)} MiB before, at most ${halves.map((mib) => mib.toFixed(0)).join(' and ')} ` +
          `in its halves, ${memory.peak.toFixed(0)} ever, ${memory.now.toFixed(0)} after; ${others.sent.length.toString()} messages of others.`,
      );
      expect(sumOf(metrics, 'tetcore_messages_total', 'outcome="lost"')).toBe(0);
      expect(await others.tally(database.url)).toEqual({ stored: others.sent.length, twice: 0, missing: 0 });
      expect(others.connects).toBe(5);
      expect(memory.peak).toBeLessThan(MAX_RESIDENT_MIB);
      expect(await server.end('SIGTERM')).toBe(0);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
);

/** Looks at the resident memory from now on, until the highest is asked for: MiB. */
function watchMemory(server: ServerProcess): () => Promise<number> {
  let highest = 0;
  const look = async (): Promise<void> => {
    highest = Math.max(highest, (await server.memory()).now);
  };
  const timer = setInterval(() => void look(), 100);
  return async () => {
    clearInterval(timer);
    await look();
    return highest;
  };
}
