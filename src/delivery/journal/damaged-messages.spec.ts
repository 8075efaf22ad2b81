import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBatch } from '../../../test/support/fakes/a-batch.js';
import type { Batch } from '../../telemetry/index.js';
import { Journal, type JournalDamage, type JournalEntry } from './index.js';

const SIZE = 5_000;

function batchOf(id: string, messages: number): Batch {
  const batch = aBatch(id, SIZE);
  return { ...batch, expiring: { ...batch.expiring, rows: messages } };
}

describe('damage of a journal', () => {
  let root: string;
  let damage: JournalDamage[];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'damaged-'));
    damage = [];
  });

  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  const open = (): Promise<Journal> =>
    Journal.open({
      directory: root,
      maxBytes: 2 ** 26,
      onDamage: (part) => damage.push(part),
      logger: { warn: () => undefined },
    });

  /** The ids that the next process finds in a segment of three batches, with 7, 11 and 13 messages. */
  async function foundAfter(change: (content: Buffer, entries: JournalEntry[]) => Buffer): Promise<string[]> {
    const victim = await open();
    const entries = [batchOf('a', 7), batchOf('b', 11), batchOf('c', 13)].map((batch) =>
      victim.append(batch),
    );
    const path = join(victim.path, '00000001.journal');
    await victim.close();
    await writeFile(path, change(await readFile(path), entries));
    const journal = await open();
    const found: string[] = [];
    for await (const abandoned of journal.abandonedJournals()) {
      for await (const { batch, entry } of abandoned.batches()) {
        found.push(batch.id);
        abandoned.done(entry);
      }
    }
    await journal.close();
    return found;
  }

  const lost = (): (number | undefined)[] => damage.map(({ messages }) => messages);

  const flip = (content: Buffer, at: number): Buffer => {
    content.writeUInt8(content.readUInt8(at) ^ 1, at);
    return content;
  };
  const endOf = ({ offset, length }: JournalEntry): number => offset + length;

  it('reports the number of messages in a truncated batch', async () => {
    expect(await foundAfter((content) => content.subarray(0, content.length - SIZE / 2))).toEqual(['a', 'b']);
    expect(lost()).toEqual([13]);
  });

  it('reports the number of messages in consecutive damaged batches', async () => {
    const change = (content: Buffer, [a, b]: JournalEntry[]): Buffer => {
      expect.assert(a && b);
      return flip(flip(content, endOf(a) - 10), endOf(b) - 10);
    };
    expect(await foundAfter(change)).toEqual(['c']);
    expect(lost()).toEqual([18]);
  });

  it('reports no number if the head of a batch is truncated', async () => {
    const change = (content: Buffer, entries: JournalEntry[]): Buffer =>
      content.subarray(0, (entries[2]?.offset ?? 0) + 40);
    expect(await foundAfter(change)).toEqual(['a', 'b']);
    expect(lost()).toEqual([undefined]);
  });
});
