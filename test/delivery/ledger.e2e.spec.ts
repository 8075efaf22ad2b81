import { describe, expect, it } from 'vitest';
import type { Stored } from './database/stored.js';
import type { NodeRecord, SocketRecord } from './fleet/records.js';
import { type Balance, balance, type Ledger, type ServerRun } from './ledger/ledger.js';

const STARTED_AT = 1_000;

function socket(given: Partial<SocketRecord> = {}): SocketRecord {
  return {
    replica: 0,
    openedAt: STARTED_AT + 10,
    endedAt: STARTED_AT + 500,
    end: 'closed',
    first: 1,
    last: 10,
    pongs: [],
    ...given,
  };
}

function run(given: Partial<ServerRun> = {}): ServerRun {
  return {
    replica: 0,
    startedAt: STARTED_AT,
    killedAt: undefined,
    read: 0,
    exactly: false,
    notKept: 0,
    ...given,
  };
}

function node(sockets: SocketRecord[], bad: [number, string][] = []): NodeRecord {
  return { node: 7, path: '/', audit: false, sockets, bad: new Map(bad) };
}

/** Rows of node 7, from the first number to the last of each pair. */
function stored(...ranges: [number, number][]): Stored {
  return {
    ranges: ranges.map(([first, last]) => ({ node: 7, audit: false, first, last })),
    rejected: [],
    twice: [],
    changed: [],
  };
}

function settle(given: Partial<Ledger>): Balance {
  return balance({
    nodes: [node([socket()])],
    runs: [run()],
    stored: stored([1, 10]),
    damaged: [],
    ...given,
  });
}

describe('the ledger', () => {
  it('is balanced if every message is stored once', () => {
    expect(settle({})).toMatchObject({ sent: 10, due: 10, stored: 10, missing: 0, twice: 0, wrong: 0 });
  });

  it('finds a lost message at any position of a socket that was closed gracefully', () => {
    for (const lost of [1, 5, 10]) {
      const balanced = settle({ stored: stored([1, lost - 1], [lost + 1, 10]) });
      expect(balanced).toMatchObject({ due: 10, missing: 1 });
      expect(balanced.findings).toEqual([`node 7: ${lost} is missing (socket 1 to 10, closed)`]);
    }
  });

  it('finds a message that is stored twice', () => {
    const twice = { ...stored([1, 10]), twice: [{ node: 7, number: 4 }] };
    expect(settle({ stored: twice })).toMatchObject({ missing: 0, twice: 1 });
  });

  it('finds a message that was changed, is in the wrong table, or belongs to no node', () => {
    expect(settle({ stored: { ...stored([1, 10]), changed: [{ node: 7, number: 4 }] } }).wrong).toBe(1);
    const [range] = stored([1, 10]).ranges;
    if (range === undefined) throw new Error('There is no range.');
    expect(settle({ stored: { ...stored(), ranges: [{ ...range, audit: true }] } }).wrong).toBe(1);
    expect(settle({ stored: stored([1, 11]) }).wrong).toBe(1);
    expect(
      settle({ stored: { ...stored([1, 10]), ranges: [range, { ...range, node: 8, last: 1 }] } }).wrong,
    ).toBe(2);
  });

  it('does not expect messages in the buffers of a broken socket', () => {
    for (const end of ['reset', 'broken'] as const) {
      const balanced = settle({ nodes: [node([socket({ end })])], stored: stored([1, 6]) });
      expect(balanced).toMatchObject({ sent: 10, due: 6, unread: 4, missing: 0 });
    }
  });

  it('finds a gap before a message that was read, since TCP has none', () => {
    const balanced = settle({ nodes: [node([socket({ end: 'broken' })])], stored: stored([1, 3], [5, 6]) });
    expect(balanced).toMatchObject({ due: 6, unread: 4, missing: 1 });
  });

  it('finds a missing message that a pong acknowledged', () => {
    const broken = socket({ end: 'broken', pongs: [{ number: 8, at: STARTED_AT + 400 }] });
    expect(settle({ nodes: [node([broken])], stored: stored([1, 6]) })).toMatchObject({ due: 8, missing: 2 });
    const next = socket({ first: 11, last: 20, openedAt: STARTED_AT + 600 });
    const both = settle({ nodes: [node([broken, next])], stored: stored([1, 8], [11, 20]) });
    expect(both).toMatchObject({ sent: 20, due: 18, unread: 2, missing: 0 });
  });

  it('expects everything that a killed server had read', () => {
    const pongs = [
      { number: 4, at: STARTED_AT + 300 },
      { number: 8, at: STARTED_AT + 450 },
    ];
    const killed = {
      nodes: [node([socket({ end: 'broken', pongs })])],
      runs: [run({ killedAt: STARTED_AT + 500 }), run({ startedAt: STARTED_AT + 900 })],
    };
    expect(settle({ ...killed, stored: stored([1, 4]) })).toMatchObject({ due: 8, missing: 4 });
    expect(settle({ ...killed, stored: stored([1, 8]) })).toMatchObject({ due: 8, missing: 0 });
  });

  it('counts rejected messages by their reason', () => {
    const nodes = [node([socket()], [[5, 'nul_character']])];
    const rows = stored([1, 4], [6, 10]);
    const rejected = [{ node: 7, number: 5, reason: 'nul_character' }];
    expect(settle({ nodes, stored: { ...rows, rejected } })).toMatchObject({
      stored: 9,
      rejected: 1,
      missing: 0,
    });
    expect(settle({ stored: { ...rows, rejected } })).toMatchObject({ wrong: 1 });
    expect(settle({ nodes, stored: rows })).toMatchObject({ missing: 1 });
    expect(settle({ nodes, stored: rows, runs: [run({ notKept: 1 })] })).toMatchObject({
      notKept: 1,
      missing: 0,
    });
  });

  it('counts messages in damaged records, unless they are stored', () => {
    const damaged = [5, 6].map((number) => ({ node: 7, number }));
    expect(settle({ damaged, stored: stored([1, 4], [7, 10]) })).toMatchObject({
      damaged: 2,
      missing: 0,
      wrong: 0,
    });
    expect(settle({ damaged, stored: stored([1, 5], [7, 10]) })).toMatchObject({ wrong: 1 });
    expect(settle({ damaged, stored: stored([1, 4], [8, 10]) })).toMatchObject({ missing: 1 });
  });

  it('does not expect what was lost with the database, unless its backup had it', () => {
    const emptied = { before: stored([1, 6]) };
    expect(settle({ gone: [emptied], stored: stored([7, 10]) })).toMatchObject({
      stored: 4,
      gone: 6,
      missing: 0,
      wrong: 0,
    });
    expect(settle({ gone: [emptied], stored: stored([8, 10]) })).toMatchObject({ gone: 6, missing: 1 });
    // A batch whose COMMIT was not answered comes again.
    expect(settle({ gone: [emptied], stored: stored([5, 10]) })).toMatchObject({ gone: 4, missing: 0 });
    const restored = { before: stored([1, 6]), kept: stored([1, 3]) };
    expect(settle({ gone: [restored], stored: stored([1, 3], [7, 10]) })).toMatchObject({
      stored: 7,
      gone: 3,
      missing: 0,
    });
    expect(settle({ gone: [restored], stored: stored([1, 2], [7, 10]) })).toMatchObject({ missing: 1 });
    expect(settle({ gone: [restored, emptied], stored: stored([7, 10]) })).toMatchObject({ missing: 0 });
    const twice = { before: { ...stored([1, 6]), twice: [{ node: 7, number: 4 }] } };
    expect(settle({ gone: [twice], stored: stored([7, 10]) })).toMatchObject({ twice: 1 });
  });

  it('expects the messages that the server counted, beside those of nodes and rows', () => {
    const broken = [node([socket({ end: 'broken' })])];
    expect(settle({ nodes: broken, stored: stored([1, 6]), runs: [run({ read: 6 })] }).missing).toBe(0);
    const short = settle({ nodes: broken, stored: stored([1, 6]), runs: [run({ read: 8 })] });
    expect(short).toMatchObject({ missing: 2, due: 6 });
    expect(short.findings[0]).toContain('has read 8 messages, of which 2 are not accounted for');
    // What is missing by the node's own record is not counted a second time.
    expect(settle({ stored: stored([1, 9]), runs: [run({ read: 10 })] }).missing).toBe(1);
    expect(settle({ runs: [run({ read: 9, exactly: true })] }).wrong).toBe(1);
  });
});
