import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { snapshot } from '../../../test/support/batches.js';
import { drainJournal } from '../../../test/support/drain-journal.js';
import { DirectoryLock } from '../../platform/lock/index.js';
import type { ConnectionSnapshot } from '../../storage/index.js';
import type { Batch } from '../../telemetry/index.js';
import { Journal, type JournalDamage, type JournalEntry, type AbandonedJournal } from './index.js';
import { frameRecord, HEADER_BYTES } from './records.js';

const MIB = 1024 * 1024;

function aBatch(id: string, size = 100): Batch {
  const block = { rows: 1, tuples: Buffer.alloc(size, `${id}\n`), oldest: 1, newest: 2 };
  return {
    id,
    collector: { id: 'a-process', number: 7 },
    firstReceivedAt: 0,
    sealedAt: 0,
    expiring: block,
    audit: block,
    connections: [],
    rejected: [],
  };
}

/** Runs a script that has `Journal`, `options` and `aBatch` in another process. */
function runElsewhere(directory: string, script: string): ChildProcess {
  const source = `
    const { runnerImport } = await import('vite');
    const loaded = await runnerImport(${JSON.stringify(join(import.meta.dirname, 'index.ts'))}, {
      root: ${JSON.stringify(resolve(import.meta.dirname, '../../..'))}, logLevel: 'error', oxc: { target: 'es2022' },
    });
    const { Journal } = loaded.module;
    const options = {
      directory: ${JSON.stringify(directory)}, maxBytes: 2 ** 26, segmentBytes: 4000,
      onDamage: console.error, logger: { warn: console.error },
    };
    ${aBatch.toString()}
    ${script}`;
  return spawn(process.execPath, ['--input-type=module', '-e', source], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** The files in a directory, less the lock of who looks into it. */
async function contentOf(directory: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(directory)).filter((name) => !name.startsWith('lock')).sort();
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name))] as const)),
  );
}

/** The records of a file, of which those of the batch `unknown` have a field more in their heads. */
function withUnknownFields(content: Buffer): Buffer {
  const marker = content.subarray(0, 8);
  const records: Buffer[] = [];
  for (let at = 0; at < content.length;) {
    const end = at + HEADER_BYTES + content.readUInt32LE(at + 8);
    const payload = content.subarray(at + HEADER_BYTES, end);
    const headEnd = 4 + payload.readUInt32LE(0);
    const head = JSON.parse(payload.subarray(4, headEnd).toString()) as Record<string, unknown>;
    if (head.id === 'unknown') head.cipher = 'none';
    const json = Buffer.from(JSON.stringify(head));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    records.push(...frameRecord(marker, [length, json, payload.subarray(headEnd)]));
    at = end;
  }
  return Buffer.concat(records);
}

/** The first two records of a file. */
function recordsOf(content: Buffer): [Buffer, Buffer] {
  const end = HEADER_BYTES + content.readUInt32LE(8);
  return [
    content.subarray(0, end),
    content.subarray(end, end + HEADER_BYTES + content.readUInt32LE(end + 8)),
  ];
}

async function damageLastSegment(directory: string): Promise<void> {
  const last = (await readdir(directory))
    .filter((name) => name.endsWith('.journal'))
    .sort()
    .at(-1);
  const path = join(directory, String(last));
  await writeFile(path, (await readFile(path)).fill(0, 30, 40));
}

async function lineOf(child: ChildProcess): Promise<string> {
  expect.assert(child.stdout !== null);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return line;
}

describe('an abandoned journal', () => {
  let folder: string;
  let directory: string;
  let damage: JournalDamage[];
  let warnings: string[];
  const opened: Journal[] = [];

  async function open(root = directory): Promise<Journal> {
    const journal = await Journal.open({
      directory: root,
      maxBytes: 64 * MIB,
      segmentBytes: 4000,
      onDamage: (part) => damage.push(part),
      logger: { warn: (text: string) => warnings.push(text) },
    });
    opened.push(journal);
    return journal;
  }

  /** What lies on disk when the process is killed at this moment, among `directory`. */
  async function kill(journal: Journal): Promise<string> {
    const remains = join(directory, basename(journal.path));
    await cp(journal.path, remains, { recursive: true });
    await rm(join(remains, 'lock'));
    return remains;
  }

  const drain = async (journal: Journal): Promise<string[]> =>
    (await drainJournal(journal)).map(({ id }) => id);

  /** Ids, and bytes of the expiring rows, of all that is offered; none is done. */
  async function rowsOffered(journal: Journal): Promise<[string, number][]> {
    const found: [string, number][] = [];
    for await (const abandoned of journal.abandonedJournals())
      for await (const { batch } of abandoned.batches()) found.push([batch.id, batch.expiring.tuples.length]);
    return found;
  }

  /** A directory of a process that had appended these batches when it was killed. */
  async function remainsOf(ids: string[], stored: string[] = []): Promise<string> {
    const victim = await open(join(folder, 'elsewhere'));
    for (const id of ids) {
      const entry = victim.append(aBatch(id));
      if (stored.includes(id)) victim.done(entry);
    }
    return kill(victim);
  }

  const ids = Array.from({ length: 40 }, (_, index) => `batch ${index.toString()}`);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'abandoned-journals-'));
    directory = join(folder, 'journal');
    await mkdir(directory);
    damage = [];
    warnings = [];
  });

  afterEach(async () => {
    for (const journal of opened.splice(0)) await journal.close();
    await rm(folder, { recursive: true });
  });

  it('returns all batches that are not done, in order, and is removed then', async () => {
    const remains = await remainsOf(ids, ids.slice(0, 20));
    expect((await readdir(remains)).filter((name) => name.endsWith('.journal')).length).toBeGreaterThan(2);
    const journal = await open();
    expect((await drain(journal)).slice(-20)).toEqual(ids.slice(20));
    expect(await readdir(directory)).toEqual([basename(journal.path)]);
    expect({ damage, warnings, bytes: journal.bytes }).toEqual({ damage: [], warnings: [], bytes: 0 });
  });

  it('is found when its process ends while another one runs', async () => {
    const journal = await open();
    expect(await drain(journal)).toEqual([]);
    await remainsOf(['late']);
    expect(await drain(journal)).toEqual(['late']);
  });

  it('is taken over before those of later processes', async () => {
    await remainsOf(['older']);
    await remainsOf(['newer']);
    expect(await drain(await open())).toEqual(['older', 'newer']);
  });

  it('stays on disk until all of its batches are done', async () => {
    const remains = await remainsOf(ids);
    const first = await open();
    for await (const abandoned of first.abandonedJournals()) {
      for await (const { entry, batch } of abandoned.batches())
        if (batch.id !== 'batch 17') abandoned.done(entry);
      expect(abandoned.entries).toBe(1);
      expect(abandoned.bytes).toBeGreaterThan(0);
    }
    await first.close();
    expect((await readdir(remains)).filter((name) => name.endsWith('.journal'))).toHaveLength(1);
    expect(await drain(await open())).toContain('batch 17');
    expect(await readdir(directory)).toHaveLength(1);
  });

  it('can be released before all batches are done', async () => {
    await remainsOf(ids);
    const first = await open();
    for await (const abandoned of first.abandonedJournals()) {
      for await (const { entry } of abandoned.batches()) {
        abandoned.done(entry);
        break;
      }
      await abandoned.release();
    }
    expect(await drain(await open())).toEqual(ids);
  });

  it('counts against the limit of the process that took it over', async () => {
    await remainsOf(ids);
    const journal = await open();
    for await (const abandoned of journal.abandonedJournals()) {
      expect(abandoned.bytes).toBeGreaterThan(40 * 100);
      expect(journal.takenOverBytes).toBe(abandoned.bytes);
      expect(journal.hasRoomFor(64 * MIB - abandoned.bytes + 1)).toBe(false);
    }
  });

  it('returns undamaged batches, and reports the damage', async () => {
    const remains = await remainsOf(ids);
    const [first, second, ...more] = (await readdir(remains))
      .filter((name) => name.endsWith('.journal'))
      .sort();
    expect.assert(first !== undefined && second !== undefined);
    const content = await readFile(join(remains, first));
    content.writeUInt8(content.readUInt8(100) ^ 1, 100);
    await writeFile(join(remains, first), content);
    await truncate(join(remains, second), 1000);
    await writeFile(join(remains, String(more[0])), Buffer.alloc(4000));

    const found = await drain(await open());
    expect(found.length).toBeGreaterThan(5);
    expect(found).not.toContain('batch 0');
    expect(found).toEqual(ids.filter((id) => found.includes(id)));
    expect(damage.map(({ file }) => file)).toEqual(
      [first, second, String(more[0])].map((name) => join(remains, name)),
    );
    expect(await readdir(directory)).toHaveLength(1);
  });

  it.each([
    ['of a later format', { format: 2 }],
    ['of no format', { format: undefined }],
    ['described by something else', 'x'],
    ['without a marker', { marker: undefined }],
    ['without columns', { columns: undefined }],
    ['with a column that is not known', { columns: ['id', 'shoe_size'] }],
    ['described with a field that is not known', { cipher: 'none' }],
  ])('is not changed, with one warning, if it is %s', async (_, said) => {
    const remains = await remainsOf(ids);
    const description = join(remains, 'journal.json');
    const { format, marker, columns } = JSON.parse(await readFile(description, 'utf8')) as Record<
      string,
      unknown
    >;
    await writeFile(
      description,
      typeof said === 'string' ? said : JSON.stringify({ format, marker, columns, ...said }),
    );
    const before = await contentOf(remains);
    const journal = await open();
    expect(await drain(journal)).toEqual([]);
    expect(await drain(journal)).toEqual([]);
    expect({ damage, leftAlone: journal.leftAlone }).toEqual({ damage: [], leftAlone: 1 });
    expect(warnings).toEqual([
      expect.stringContaining(`The journal ${remains} is left alone: JournalFormatError:`),
    ]);
    expect(await contentOf(remains)).toEqual(before);
    await rm(remains, { recursive: true });
    expect(await drain(journal)).toEqual([]);
    expect(journal.leftAlone).toBe(0);
  });

  /** What a later version may write: a batch whose head has one field more. */
  async function remainsWithUnknownField(write: (victim: Journal) => void): Promise<string> {
    const victim = await open(join(folder, 'elsewhere'));
    write(victim);
    const remains = await kill(victim);
    for (const [name, content] of await contentOf(remains)) {
      if (name === 'journal.json') continue;
      await writeFile(join(remains, name), withUnknownFields(content));
    }
    return remains;
  }

  it.each([
    ['a batch', [...ids.slice(0, 17), 'unknown', ...ids.slice(17)], 'open'],
    ['the batch that was open', ids.slice(0, 17), 'unknown'],
  ])('is not changed any more once %s has an unknown field', async (_, appended, kept) => {
    const remains = await remainsWithUnknownField((victim) => {
      for (const id of appended) victim.append(aBatch(id));
      victim.appendPart(aBatch(kept));
    });
    if (appended.includes('unknown')) await damageLastSegment(remains);
    const before = await contentOf(remains);
    const journal = await open();
    const held: [AbandonedJournal, JournalEntry][] = [];
    for await (const abandoned of journal.abandonedJournals()) {
      for await (const { entry } of abandoned.batches()) held.push([abandoned, entry]);
      expect(abandoned.ended).toBe(false);
    }
    expect(held).toHaveLength(17);
    expect(warnings).toEqual([
      expect.stringContaining(`The journal ${remains} is left alone: JournalFormatError:`),
    ]);
    for (const [abandoned, entry] of held) {
      abandoned.done(entry);
    }
    expect(await drain(journal)).toEqual([]);
    expect({ damage, leftAlone: journal.leftAlone, warnings: warnings.length }).toEqual({
      damage: [],
      leftAlone: 1,
      warnings: 1,
    });
    expect(await contentOf(remains)).toEqual(before);
  });

  it('is left alone if it has segments but no journal.json', async () => {
    const remains = await remainsOf(ids);
    await rm(join(remains, 'journal.json'));
    const past = new Date(Date.now() - 120_000);
    await utimes(remains, past, past);
    const journal = await open();
    expect(await drain(journal)).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(await readdir(remains)).toContain('00000001.journal');
  });

  it('is removed if its process ended before writing journal.json, but not while the process is starting', async () => {
    const unborn = join(directory, '019ab000-0000-7000-8000-000000000000');
    const lock = await DirectoryLock.acquire(unborn);
    const journal = await open();
    expect(await drain(journal)).toEqual([]);
    expect(await readdir(directory)).toHaveLength(2);
    lock.release();
    expect(await drain(journal)).toEqual([]);
    expect(await readdir(directory)).toHaveLength(1);
  });

  it('is left alone if it is not a journal directory', async () => {
    await mkdir(join(directory, 'notes'));
    await writeFile(join(directory, 'notes', '00000001.journal'), 'x');
    expect(await drain(await open())).toEqual([]);
    expect(await readdir(join(directory, 'notes'))).toEqual(['00000001.journal']);
  });

  it('leaves a segment on disk with an intact record that is no batch, and replays the others', async () => {
    const victim = await open(join(folder, 'elsewhere'));
    for (const id of ['1', '2', '3']) victim.append(aBatch(id));
    const path = join(await kill(victim), '00000001.journal');
    const content = await readFile(path);
    const [first, second] = recordsOf(content);
    const noBatch = frameRecord(content.subarray(0, 8), [Buffer.from('no batch')]);
    await writeFile(path, Buffer.concat([first, ...noBatch, content.subarray(first.length + second.length)]));

    const journal = await open();
    expect(await drain(journal)).toEqual(['1', '3']);
    expect(await readFile(path)).toHaveLength(content.length - second.length + HEADER_BYTES + 8);
    expect(damage).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining(`offset ${first.length} of ${path} cannot be read`)]);
    // It is known: it is not replayed, nor logged, again and again.
    expect(await drain(journal)).toEqual([]);
    expect(warnings).toHaveLength(1);
  });

  it('returns the parts of the open batch as one batch', async () => {
    const victim = await open(join(folder, 'elsewhere'));
    victim.append(aBatch('1'));
    const first = snapshot({ name: 'größer', sysinfo: '{"memory": 18446744073709551615}', types: [2, 17] });
    const news = (revision: number): ConnectionSnapshot => ({ ...first, revision });
    victim.appendPart({ ...aBatch('2', 3), connections: [news(1)], firstReceivedAt: 5 });
    victim.appendPart({ ...aBatch('2', 4), connections: [news(2)], firstReceivedAt: 6, sealedAt: 7 });
    await kill(victim);
    const journal = await open();
    const found: Batch[] = [];
    for await (const abandoned of journal.abandonedJournals()) {
      expect(abandoned.bytes).toBe(victim.bytes);
      for await (const { entry, batch } of abandoned.batches()) {
        found.push(batch);
        abandoned.done(entry);
        abandoned.done(entry);
      }
    }
    const block = { rows: 2, tuples: Buffer.from('2\n22\n2\n'), oldest: 1, newest: 2 };
    expect(found[1]).toEqual({
      id: '2',
      collector: { id: 'a-process', number: 7 },
      firstReceivedAt: 5,
      sealedAt: 7,
      expiring: block,
      audit: block,
      connections: [news(2)],
      rejected: [],
    });
    expect(found).toHaveLength(2);
    await expect.poll(() => readdir(directory)).toEqual([basename(journal.path)]);
  });

  it('keeps the open batch until it is stored', async () => {
    const victim = await open(join(folder, 'elsewhere'));
    victim.appendPart(aBatch('1', 5));
    await kill(victim);
    const first = await open();
    expect(await rowsOffered(first)).toEqual([['1', 5]]);
    await first.close();
    expect(await drain(await open())).toEqual(['1']);
    expect(await drain(await open())).toEqual([]);
  });

  it('returns an appended batch rather than its parts', async () => {
    const victim = await open(join(folder, 'elsewhere'));
    victim.appendPart(aBatch('1', 10));
    const parts = await readFile(join(victim.path, 'open-batch'));
    victim.append(aBatch('1', 20));
    const remains = await kill(victim);
    await writeFile(join(remains, 'open-batch'), parts);
    expect(await rowsOffered(await open())).toEqual([['1', 20]]);
  });

  it('keeps the parts of the open batch when its process stops', async () => {
    const victim = await open();
    victim.appendPart(aBatch('1', 30));
    victim.done(victim.append(aBatch('0', 40)));
    await victim.close();
    expect(await rowsOffered(await open())).toEqual([['1', 30]]);
  });

  it('does not mix parts of an earlier batch into the open batch', async () => {
    const victim = await open(join(folder, 'elsewhere'));
    for (const size of [50, 50, 50]) victim.appendPart(aBatch('1', size));
    victim.done(victim.append(aBatch('1', 150)));
    await kill(victim);
    expect((await rowsOffered(await open())).filter(([, size]) => size !== 150)).toEqual([]);
    victim.appendPart(aBatch('2', 50));
    await rm(join(directory, basename(victim.path)), { recursive: true });
    await kill(victim);
    expect((await rowsOffered(await open())).at(-1)).toEqual(['2', 50]);
    expect(damage).toEqual([]);
  });

  it('truncates the file of the open batch after a large batch', async () => {
    const victim = await open(join(folder, 'elsewhere'));
    victim.appendPart(aBatch('1', 2 * MIB));
    expect(victim.bytes).toBeGreaterThan(4 * MIB);
    victim.appendPart(aBatch('2', 10));
    expect(victim.bytes).toBeLessThan(1000);
    await kill(victim);
    expect(await rowsOffered(await open())).toEqual([['2', 10]]);
  });

  it('ignores a part that was being written, and reports damaged parts', async () => {
    const victim = await open(join(folder, 'elsewhere'));
    for (const size of [100, 200, 300, 400]) victim.appendPart(aBatch('1', size));
    const remains = join(await kill(victim), 'open-batch');
    const whole = await readFile(remains);
    const second = whole.indexOf(whole.subarray(0, 8), 1);
    await writeFile(remains, whole.subarray(0, -1).fill(0, second + 30, second + 40));
    expect(await rowsOffered(await open())).toEqual([['1', 400]]);
    expect(damage).toMatchObject([{ file: remains, offset: second }]);
  });

  it('reports an open batch whose first part is damaged', async () => {
    const victim = await open(join(folder, 'elsewhere'));
    victim.appendPart(aBatch('1', 100));
    const remains = join(await kill(victim), 'open-batch');
    await writeFile(remains, (await readFile(remains)).fill(0, 30, 40));
    expect(await rowsOffered(await open())).toEqual([]);
    expect(damage).toMatchObject([{ file: remains, offset: 0 }]);
  });

  it('is taken over once when many check at the same time', async () => {
    const names = Array.from({ length: 6 }, (_, index) => `${index.toString()}: `);
    for (const name of names) await remainsOf(ids.map((id) => name + id));
    const journals = await Promise.all([open(), open(), open()]);
    const found = await Promise.all([...journals, ...journals].map(drain));
    expect(found.flat().sort()).toEqual(names.flatMap((name) => ids.map((id) => name + id)).sort());
    // A folder in which two met may outlive it, empty but for a lock, and goes the next time.
    const segments = (await readdir(directory, { recursive: true })).filter((name) =>
      name.endsWith('.journal'),
    );
    expect(new Set(segments.map((name) => dirname(name))).size).toBeLessThanOrEqual(3);
  });

  it('has everything that a killed process had appended', async () => {
    const child = runElsewhere(
      directory,
      `const journal = await Journal.open(options);
       const entries = ${JSON.stringify(ids)}.map((id) => journal.append(aBatch(id)));
       for (const entry of entries.slice(0, 10)) journal.done(entry);
       console.log('appended');
       setInterval(() => undefined, 1000);`,
    );
    try {
      expect(await lineOf(child)).toBe('appended');
      const journal = await open();
      expect(await drain(journal), 'while the process lives').toEqual([]);
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      expect((await drain(journal)).slice(-30)).toEqual(ids.slice(10));
      expect(damage).toEqual([]);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is taken over by one of two processes', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `${index.toString()}: `);
    for (const name of names) await remainsOf(ids.slice(0, 5).map((id) => name + id));
    const children = [0, 1].map(() =>
      runElsewhere(
        directory,
        `const journal = await Journal.open(options);
         console.log('ready');
         await new Promise((go) => process.stdin.once('data', go));
         const found = [];
         for await (const abandoned of journal.abandonedJournals())
           for await (const { entry, batch } of abandoned.batches()) { found.push(batch.id); abandoned.done(entry); }
         await journal.close();
         console.log(JSON.stringify(found));
         process.exit();`,
      ),
    );
    try {
      expect(await Promise.all(children.map(lineOf))).toEqual(['ready', 'ready']);
      const answers = children.map(lineOf);
      for (const child of children) child.stdin?.write('go\n');
      const found = (await Promise.all(answers)).map((line) => JSON.parse(line) as string[]);
      const expected = names.flatMap((name) => ids.slice(0, 5).map((id) => name + id));
      expect(found.flat().sort()).toEqual(expected.sort());
      // Where both met, an empty directory may stay for who looks next.
      const left = await readdir(directory, { recursive: true });
      expect(left.filter((name) => name.endsWith('.journal') || name.endsWith('open-batch'))).toEqual([]);
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
  });
});
