import { cp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../../../src/simulator/index.js';
import { FakeNode } from '../../support/fake-node.js';
import { PostgresProxy } from '../../support/postgres-proxy.js';
import type { ServerProcess } from '../../support/server-process.js';
import type { AlertStory, Repeated, Stage } from './alert-story.js';
import { fill } from './fill.js';

const MIB = 1024 * 1024;
const GOLDEN_JOURNAL = join(import.meta.dirname, '../../fixtures/journal-v1');
const MESSAGE: JsonObject = { msg: 'block.import', height: 1 };
const received = (stage: Stage): string => `job:tetcore_messages_received:rate5m{job="${stage.job}"}`;

async function withNode(stage: Stage, settings: Record<string, string> = {}): Promise<FakeNode> {
  const { url } = await stage.database();
  const server = await stage.server({ DATABASE_URL: url, ...settings });
  return await FakeNode.connect(server.ws);
}

async function frozen(stage: Stage): Promise<{ proxy: PostgresProxy; server: ServerProcess }> {
  const { url } = await stage.database();
  const proxy = stage.ends.add(await PostgresProxy.start(url));
  const server = await stage.server({ DATABASE_URL: proxy.url });
  proxy.freeze();
  return { proxy, server };
}

/** Makes the last batch of each file of the journal unreadable: a byte of it is another one. */
async function damage(dataDir: string): Promise<void> {
  const journal = join(dataDir, 'journal');
  const files = (await readdir(journal, { recursive: true })).filter((name) => /\d+\.journal$/.test(name));
  for (const name of files) {
    await using file = await open(join(journal, name), 'r+');
    const at = (await file.stat()).size - 100;
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    await file.write(Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, at);
  }
  if (files.length === 0) throw new Error(`There is no journal in ${journal}.`);
}

/** What nodes send, and what becomes of it. */
export const MESSAGE_STORIES: readonly AlertStory[] = [
  {
    cause: 'a journal of a later version',
    alerts: { TetcoreAnalyticsJournalsLeftAlone: { severity: 'warning' } },
    begin: async (stage) => {
      const { url } = await stage.database();
      const server = await stage.server({ DATABASE_URL: url });
      const journal = join(await stage.folder(), 'journal', '019ab000-0000-7000-8000-00000000000f');
      return {
        make: async () => {
          await server.end('SIGTERM');
          await cp(GOLDEN_JOURNAL, journal, { recursive: true });
          const description = join(journal, 'journal.json');
          await writeFile(
            description,
            (await readFile(description, 'utf8')).replace('"format":1', '"format":99'),
          );
          await stage.server({ DATABASE_URL: url });
        },
        // It is looked for once a minute.
        end: () => rm(journal, { recursive: true }),
      };
    },
  },
  {
    cause: 'nodes that send nothing any more',
    alerts: { TetcoreAnalyticsIngestStopped: { severity: 'critical' } },
    begin: async (stage) => {
      const node = await withNode(stage);
      const sending = stage.repeat(200, () => node.send(MESSAGE));
      await stage.sees(`${received(stage)} > 0`);
      return { make: () => sending.stop(), end: () => stage.repeat(200, () => node.send(MESSAGE)) };
    },
  },
  {
    cause: 'nodes that send what is not JSON',
    alerts: { TetcoreAnalyticsMessagesRejected: { severity: 'warning' } },
    begin: async (stage) => {
      const node = await withNode(stage);
      stage.repeat(50, () => node.send(MESSAGE));
      await stage.sees(`count_over_time(${received(stage)}[20s]) > 5 and ${received(stage)} > 0`);
      let wrong: Repeated | undefined;
      return {
        make: () => {
          wrong = stage.repeat(100, () => node.send('{"msg":'));
        },
        end: () => wrong?.stop(),
      };
    },
  },
  {
    cause: 'a message that is too large',
    alerts: { TetcoreAnalyticsMessagesNotTaken: { severity: 'warning', outcome: 'oversized' } },
    begin: async (stage) => {
      const node = await withNode(stage, { WS_MAX_PAYLOAD: '1024' });
      return { make: () => node.send({ ...MESSAGE, filler: 'x'.repeat(2_000) }) };
    },
  },
  {
    cause: 'a socket with too many nodes',
    alerts: { TetcoreAnalyticsMessagesNotTaken: { severity: 'warning', outcome: 'dropped' } },
    begin: async (stage) => {
      const node = await withNode(stage);
      return {
        make: async () => {
          for (let id = 0; id < 100; id += 1) await node.sendV2(id, MESSAGE);
        },
      };
    },
  },
  {
    cause: 'a disk that damages what waits in the journal',
    alerts: {
      TetcoreAnalyticsMessagesLost: { severity: 'critical' },
      TetcoreAnalyticsJournalDamaged: { severity: 'critical' },
    },
    begin: async (stage) => {
      const { proxy, server } = await frozen(stage);
      // More than there is room for in memory, or the journal would not be read.
      await fill(server, 'tetcore_journal_bytes', 7 * MIB);
      return {
        make: async () => {
          await damage(await stage.folder());
          proxy.thaw();
        },
      };
    },
  },
  {
    cause: 'a journal that was damaged while no server ran',
    alerts: { TetcoreAnalyticsJournalDamaged: { severity: 'critical' } },
    begin: async (stage) => {
      const { proxy, server } = await frozen(stage);
      await fill(server, 'tetcore_journal_bytes', 2 * MIB);
      return {
        make: async () => {
          await server.end('SIGKILL');
          await damage(await stage.folder());
          proxy.thaw();
          await stage.server({ DATABASE_URL: proxy.url });
        },
      };
    },
  },
];
