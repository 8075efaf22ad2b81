import { Inject, Injectable, Module } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import {
  type Batch,
  BatchSink,
  type Extensions,
  type UpgradeRefusal,
  readTuple,
  splitTuples,
  type StoredMessage,
  AfterStoreHook,
  type StoreResult,
  UpgradeGuard,
} from '../../src/index.js';
import { collectorOf } from '../../src/storage/index.js';
import { TAKEN } from '../../src/dashboard/index.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode, HandshakeRefusedError } from '../support/fake-node.js';
import { codesIn, readProjectFile, tableUnder } from '../support/markdown.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const MESSAGES = 200;

/** What the classes below share, as a team's own service would be. */
@Injectable()
class Notes {
  readonly lake: string[] = [];
  readonly seen: StoredMessage[] = [];
  refusals = 0;
  letIn = 0;
  closed = 0;
  sinkIsAway = false;
  sinkHangs = false;
  /** Whether the database could be asked each time that the stage below saw something. */
  readonly asked: boolean[] = [];
}

@Module({ providers: [Notes], exports: [Notes] })
class NotesModule {}

/** The batches that the lake has: as a store of its own, it outlives servers. */
const inLake = new Set<string>();

/** Keeps lines as they are, exactly once by the ids of batches. */
@Injectable()
class Lake extends BatchSink {
  constructor(private readonly notes: Notes) {
    super();
  }

  override async store({ id, expiring, audit }: Batch): Promise<StoreResult> {
    if (this.notes.sinkHangs) await new Promise(() => undefined);
    if (this.notes.sinkIsAway) {
      this.notes.refusals += 1;
      throw new Error('the lake is frozen');
    }
    const duplicate = inLake.has(id);
    inLake.add(id);
    if (!duplicate)
      this.notes.lake.push(
        ...[expiring, audit].flatMap(({ tuples }) =>
          splitTuples(tuples).map((tuple) => readTuple(tuple).logs.toString()),
        ),
      );
    return { duplicate, rejected: [] };
  }

  override close(): Promise<void> {
    this.notes.closed += 1;
    return Promise.resolve();
  }
}

@Injectable()
class Listener extends AfterStoreHook {
  constructor(private readonly notes: Notes) {
    super();
  }

  override handle(messages: readonly StoredMessage[]): void {
    this.notes.seen.push(...messages);
  }
}

/** Asks the database about what it sees, and takes its time. */
@Injectable()
class Asking extends AfterStoreHook {
  constructor(
    private readonly notes: Notes,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {
    super();
  }

  override async handle(): Promise<void> {
    await this.dataSource.query('SELECT pg_sleep(0.02)').then(
      () => this.notes.asked.push(true),
      () => this.notes.asked.push(false),
    );
  }
}

/** Never gets done with anything. */
class Stuck extends AfterStoreHook {
  override readonly queueBytes = 2_000;

  override async handle(): Promise<void> {
    await new Promise(() => undefined);
  }
}

class Broken extends AfterStoreHook {
  override handle(): void {
    throw new Error('broken');
  }
}

/** Asks for more than the server does, by what a service of the team says. */
class HeaderGuard extends UpgradeGuard {
  @Inject(Notes) private readonly notes!: Notes;

  override check(...[request, path]: Parameters<UpgradeGuard['check']>): UpgradeRefusal | null {
    if (request.headers['x-team'] === undefined) return { status: 403, reason: 'address_not_allowed' };
    this.notes.letIn += 1;
    return super.check(request, path);
  }
}

const extensions = {
  imports: [NotesModule],
  delivery: { sinks: [Lake], hooks: [Listener, Stuck, Broken] },
  telemetry: { upgradeGuard: HeaderGuard },
} satisfies Extensions;

const numbers = (from: number): number[] => Array.from({ length: MESSAGES }, (_, n) => from + n);

async function send(node: FakeNode, from: number): Promise<void> {
  for (const n of numbers(from)) await node.sendV1({ msg: 'test.number', n });
}

const stored = async (database: TestDatabase): Promise<number[]> =>
  (
    await database.query<{ n: number }>(
      `SELECT (logs->>'n')::int AS n FROM tetcore_logs WHERE msg = 'test.number'`,
    )
  )
    .map(({ n }) => n)
    .sort((a, b) => a - b);

const numbersIn = (lines: readonly string[]): number[] =>
  lines
    .flatMap((line) => /"n":(\d+)/.exec(line)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);

it.each([
  ['## What is exported', 1, () => import('../../src/index.js')],
  ['## Tests', 0, () => import('../../src/testing/index.js')],
])('is documented in docs/extending.md: %s', async (heading, column, entry) => {
  const exported = Object.keys(await entry());
  const rows = tableUnder(readProjectFile('docs/extending.md'), heading);
  const listed = rows.flatMap((row) => codesIn(row[column] ?? ''));
  // In the description of another.
  const described = rows.flatMap((row) => codesIn(row[1] ?? ''));
  expect(listed.length).toBeGreaterThan(9);
  expect(listed.filter((name) => !exported.includes(name))).toEqual([]);
  expect(exported.filter((name) => !listed.includes(name) && !described.includes(name))).toEqual([]);
});

it('cannot take the place of a dashboard', () => {
  const built = readdirSync('static/dashboard', { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  expect([...TAKEN].sort()).toEqual(built.map(({ name }) => name).sort());
});

describe('extensions of a team', () => {
  it('get every message: a sink exactly once, also after a failure, and each hook independently', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { DB_BATCH_SIZE: '50' }, extensions);
    const notes = server.server.app.get(Notes, { strict: false });
    const node = await FakeNode.connect(server.ws, { headers: { 'x-team': 'yes' } });
    await node.sendV1({ msg: 'system.connected', chain: 'Polkadot', name: 'alice', network_id: '12D3KooA' });
    await send(node, 0);
    await waitUntil(() => numbersIn(notes.lake).length === MESSAGES, { what: 'the sink to have all' });

    notes.sinkIsAway = true;
    await send(node, MESSAGES);
    await waitUntil(() => notes.refusals >= 3, { what: 'the sink to be asked again' });
    // PostgreSQL has what it was given before the sink was asked.
    await waitUntil(async () => (await stored(database)).length > MESSAGES, { what: 'rows' });
    notes.sinkIsAway = false;
    const all = [...numbers(0), ...numbers(MESSAGES)];
    await waitUntil(() => numbersIn(notes.lake).length >= all.length, {
      what: 'the sink to catch up',
      timeoutMs: 15_000,
    });
    expect(numbersIn(notes.lake)).toEqual(all);
    expect(await stored(database)).toEqual(all);

    await waitUntil(() => notes.seen.length >= all.length + 1, { what: 'the stage to have seen all' });
    const seen = notes.seen.filter(({ msg }) => msg === 'test.number');
    expect(seen.map(({ payload }) => payload.n as number).sort((a, b) => a - b)).toEqual(all);
    expect(new Set(seen.map((message) => message.node?.name))).toEqual(new Set(['alice']));
    const outcomes = await server.metric('tetcore_stage_messages_total');
    const total = all.length + 1;
    expect(outcomes.get('stage="Listener",outcome="handled"')).toBe(total);
    expect(outcomes.get('stage="Broken",outcome="failed"')).toBe(total);
    // One batch is with it, and some may wait.
    expect(outcomes.get('stage="Stuck",outcome="dropped"')).toBeGreaterThan(total / 2);
    const batches = await server.metric('tetcore_sink_batches_total');
    expect(batches.get('sink="Lake",outcome="failed"')).toBe(notes.refusals);
    expect(batches.get('sink="Lake",outcome="duplicate"')).toBeUndefined();

    const began = performance.now();
    await server.stop();
    expect(notes.closed).toBe(1);
    expect(performance.now() - began).toBeLessThan(15_000);
  });

  it('decide which sockets are accepted', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, {}, extensions);
    await expect(FakeNode.connect(server.ws)).rejects.toMatchObject({
      status: 403,
    } satisfies Partial<HandshakeRefusedError>);
    await expect(FakeNode.connect(server.ws, { headers: { 'x-team': 'yes' } })).resolves.toBeDefined();
    expect(server.server.app.get(Notes, { strict: false }).letIn).toBe(1);
  });

  it('know the node of a message if the collector number of the server has changed', async () => {
    await using database = await TestDatabase.create();
    const hooks = { ...extensions, delivery: { sinks: [], hooks: [Listener] } };
    await using server = await TestServer.ready(database.url, { DB_BATCH_SIZE: '1' }, hooks);
    const notes = server.server.app.get(Notes, { strict: false });
    const node = await FakeNode.connect(server.ws, { headers: { 'x-team': 'yes' } });
    await node.sendV1({ msg: 'system.connected', chain: 'Polkadot', name: 'alice', network_id: '12D3KooA' });
    await waitUntil(() => notes.seen.length === 1, { what: 'the first message' });
    // As after the restore of a backup, with somebody else's number in it.
    await database.query('UPDATE collectors SET number = CASE number WHEN 1 THEN 2 ELSE 1 END');
    await node.sendV1({ msg: 'test.number', n: 1 });
    await waitUntil(() => notes.seen.length === 2, { what: 'the second message' });
    expect(notes.seen.map((message) => message.node?.name)).toEqual(['alice', 'alice']);
    expect(collectorOf(notes.seen[1]?.connectionId ?? 0)).toBeLessThan(3);
  });

  it('can query the database during the shutdown, and lose nothing if a sink hangs', async () => {
    await using database = await TestDatabase.create();
    const asking = { ...extensions, delivery: { sinks: [Lake], hooks: [Asking] } };
    await using first = await TestServer.ready(database.url, { DB_BATCH_SIZE: '10' }, asking);
    const notes = first.server.app.get(Notes, { strict: false });
    const node = await FakeNode.connect(first.ws, { headers: { 'x-team': 'yes' } });
    await send(node, 0);
    await waitUntil(() => numbersIn(notes.lake).length === MESSAGES, { what: 'the sink to have all' });
    notes.sinkHangs = true;
    await send(node, MESSAGES);
    await waitUntil(async () => (await stored(database)).length > MESSAGES, { what: 'rows' });
    const began = performance.now();
    await first.stop();
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(first.server.endedWithoutLoss()).toBe(true);
    expect(notes.asked.length).toBeGreaterThan(5);
    expect(notes.asked).not.toContain(false);

    await using second = await TestServer.ready(database.url, { DATA_DIR: first.dataDir }, extensions);
    const { lake } = second.server.app.get(Notes, { strict: false });
    const all = [...numbers(0), ...numbers(MESSAGES)];
    await waitUntil(() => new Set(numbersIn([...notes.lake, ...lake])).size === all.length, {
      what: 'the sink to have all',
      timeoutMs: 15_000,
    });
    expect(numbersIn([...notes.lake, ...lake])).toEqual(all);
    expect(await stored(database)).toEqual(all);
  });

  it('is queried once while batches are on disk, and PostgreSQL counts each batch once', async () => {
    await using database = await TestDatabase.create();
    const environment = { QUEUE_MAX_MIB: '4', DB_BATCH_SIZE: '10', NUM_THREADS: '2' };
    await using server = await TestServer.ready(database.url, environment, extensions);
    const notes = server.server.app.get(Notes, { strict: false });
    notes.sinkIsAway = true;
    const node = await FakeNode.connect(server.ws, { headers: { 'x-team': 'yes' } });
    const filler = 'x'.repeat(100_000);
    for (const n of numbers(0)) await node.sendV1({ msg: 'test.number', n, filler });
    await waitUntil(() => notes.refusals > 10, { what: 'the sink to be asked often', timeoutMs: 30_000 });
    notes.sinkIsAway = false;
    await waitUntil(() => numbersIn(notes.lake).length >= MESSAGES, {
      what: 'the sink to catch up',
      timeoutMs: 30_000,
    });
    expect(numbersIn(notes.lake)).toEqual(numbers(0));
    const batches = await server.metric('tetcore_batches_total');
    expect(batches.get('outcome="duplicate"')).toBeUndefined();
    expect(batches.get('outcome="stored"')).toBeGreaterThanOrEqual(MESSAGES / 10);
    const outcomes = await server.metric('tetcore_messages_total');
    expect(outcomes.get('path="/",outcome="stored"')).toBe(MESSAGES);
  });

  it('keeps messages of a failed sink in the journal, and delivers them after the next start', async () => {
    await using database = await TestDatabase.create();
    await using first = await TestServer.ready(database.url, {}, extensions);
    const away = first.server.app.get(Notes, { strict: false });
    away.sinkIsAway = true;
    const node = await FakeNode.connect(first.ws, { headers: { 'x-team': 'yes' } });
    await send(node, 0);
    await waitUntil(async () => (await stored(database)).length === MESSAGES, { what: 'rows' });
    await first.stop();
    expect([first.server.endedWithoutLoss(), away.lake]).toEqual([true, []]);

    await using second = await TestServer.ready(database.url, { DATA_DIR: first.dataDir }, extensions);
    const { lake } = second.server.app.get(Notes, { strict: false });
    await waitUntil(() => numbersIn(lake).length === MESSAGES, { what: 'the sink to have all' });
    expect(await stored(database)).toEqual(numbers(0));
  });

  it.each([
    ['Forks!', resolve('static'), 'its name must consist of lower-case letters, digits and hyphens'],
    ['logs', resolve('static'), 'another page has this name'],
    ['forks', 'static', 'static must be an absolute path of a folder with an index.html'],
    ['forks', resolve('src'), 'must be an absolute path of a folder with an index.html'],
  ])('is refused at the start where the page %s of %s cannot be shown', async (name, folder, why) => {
    await using database = await TestDatabase.create();
    const starting = TestServer.start(
      database.url,
      {},
      { dashboard: { pages: [{ name, title: 'Forks', folder }] } },
    );
    await expect(starting).rejects.toThrow(why);
  });
});
