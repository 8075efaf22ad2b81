import { describe, expect, it } from 'vitest';
import { BlockTimes } from './chain-header.js';
import { NetworkView } from './network-view.js';
import type { ConnectionRow, ReportRow, StatusRow } from './report-row.js';

const S = 1e6;
const connection = (id: number): ConnectionRow => ({
  id,
  chain: 'name:Testnet',
  chainName: 'Testnet',
  address: `192.0.2.${id.toString()}`,
  revision: 1,
  peer_id: `Qm${id.toString()}`,
  name: `node ${id.toString()}`,
  authority: false,
  implementation: null,
  version: null,
  startupTime: null,
  connectedAt: 0,
  lastMessageAt: 0,
});
const report = (node: number, msg: string, at: number, more: Partial<ReportRow>): ReportRow => ({
  id: at.toString(),
  connection: node,
  msg,
  receivedAt: at,
  storedAt: at,
  best: null,
  height: null,
  origin: 'NetworkBroadcast',
  finalized_hash: null,
  finalized_height: null,
  txcount: null,
  ready: null,
  peers: null,
  bandwidth_upload: null,
  bandwidth_download: null,
  ...more,
});
const imported = (node: number, height: number, at: number): ReportRow =>
  report(node, 'block.import', at, { best: `0x${height.toString()}`, height: height.toString() });

function filled(...ids: number[]): NetworkView {
  const view = new NetworkView('name:Testnet');
  view.fill({ connections: ids.map(connection), gone: [], reports: [], now: 100 * S });
  return view;
}

const read = (view: NetworkView, stamp: number): unknown =>
  JSON.parse(view.frameAfter(stamp, ['best_height', 'peers'])?.data.toString() ?? 'null');

describe('the view of a chain', () => {
  it('sends a reader that is behind the newest state of changed fields, once', () => {
    const view = filled(1, 2);
    for (let second = 1; second <= 3; second += 1) {
      const now = (100 + second) * S;
      view.update({ connections: [], gone: [], reports: [imported(1, second, now)], now });
    }
    expect(read(view, 100 * S)).toMatchObject({ nodes: [{ id: 1, best_height: 3 }], gone: [] });
    expect(read(view, 103 * S)).toBeNull();
  });

  it('sends the complete state to a new reader, and to one that is too far behind', () => {
    const view = filled(1, 2);
    view.update({ connections: [], gone: [2], reports: [], now: 101 * S });
    expect(read(view, 100 * S)).toMatchObject({ nodes: [], gone: [2] });
    const all = { complete: true, nodes: [{ id: 1, best_height: null, peers: null }], gone: [] };
    expect(read(view, -Infinity)).toMatchObject(all);
    view.update({ connections: [], gone: [], reports: [], now: 5_000 * S });
    expect(read(view, 100 * S)).toMatchObject(all);
  });

  it('is not replaced by an older state', () => {
    const view = filled(1);
    view.update({ connections: [connection(2)], gone: [], reports: [], now: 102 * S });
    const { generation } = view;
    view.fill({ connections: [connection(1)], gone: [], reports: [], now: 101 * S });
    expect([view.size, view.generation]).toEqual([2, generation]);
    view.fill({ connections: [connection(1)], gone: [], reports: [], now: 103 * S });
    expect([view.size, view.generation]).toEqual([1, generation + 1]);
    expect(read(view, 102 * S)).toMatchObject({ complete: true });
  });

  it('has the same state whatever the order and repetition of changes', () => {
    const reports = [
      imported(1, 1, 101 * S),
      imported(2, 1, 102 * S),
      imported(1, 2, 103 * S),
      imported(2, 2, 105 * S),
    ];
    const views = [
      [0, 1, 2, 3],
      [3, 2, 0, 1],
      [1, 2, 0, 3, 1, 0],
    ].map((order) => {
      const view = filled(1, 2);
      for (const at of order) {
        const row = reports[at];
        if (row !== undefined) view.update({ connections: [], gone: [], reports: [row], now: 110 * S });
      }
      return view;
    });
    for (const view of views) {
      const { nodes, header } = JSON.parse(view.page(10)) as { nodes: object[]; header: object };
      expect(nodes).toMatchObject([
        { best_height: 2, propagation_ms: 0 },
        { best_height: 2, propagation_ms: 2_000 },
      ]);
      expect(header).toMatchObject({ best_height: 2, average_block_time_ms: 2_000 });
    }
  });
});

describe('the nodes of a view', () => {
  const twice = (id: number, more: Partial<ConnectionRow> = {}): ConnectionRow => ({
    ...connection(id),
    peer_id: 'Qmtwice',
    name: 'twice',
    ...more,
  });
  const shown = (view: NetworkView): Record<string, unknown>[] =>
    (JSON.parse(view.page(100)) as { nodes: Record<string, unknown>[] }).nodes;

  it('are the union of their open connections, whichever of them ends', () => {
    for (const end of [1, 2]) {
      const view = new NetworkView('name:Testnet');
      const connections = [twice(1), twice(2, { connectedAt: 5, lastMessageAt: 5 })];
      view.fill({ connections, gone: [], reports: [imported(1, 7, 101 * S)], now: 100 * S });
      expect(shown(view)).toMatchObject([{ id: 1, best_height: 7, connections: 2, duplicate: false }]);
      view.update({ connections: [], gone: [end], reports: [], now: 102 * S });
      expect(read(view, 100 * S)).toMatchObject(
        end === 1
          ? { gone: [1], nodes: [{ id: 2, best_height: null, peers: null }] }
          : { gone: [], nodes: [] },
      );
      expect(shown(view)).toMatchObject([{ id: 3 - end, best_height: end === 1 ? null : 7, connections: 1 }]);
    }
  });

  it('have the newest report of any connection, whatever the order of connections and reports', () => {
    const reports = [
      imported(1, 3, 101 * S),
      imported(2, 4, 102 * S),
      report(2, 'system.interval', 103 * S, { peers: '5' }),
      report(1, 'notify.finalized', 104 * S, { best: '0x2', height: '2' }),
    ];
    const expected = { best_height: 4, peers: 5, finalized_height: 2, block_time_ms: null };
    for (const order of [reports, [...reports].reverse()]) {
      const view = new NetworkView('name:Testnet');
      view.fill({ connections: [twice(2), twice(1)], gone: [], reports: order, now: 110 * S });
      expect(shown(view)).toMatchObject([{ id: 1, ...expected }]);
    }
  });

  it('are described by the connection with the latest message, and are duplicates if two differ', () => {
    const view = new NetworkView('name:Testnet');
    const connections = [
      twice(1, { name: 'old', startupTime: 1, lastMessageAt: 9 * S, revision: 4 }),
      twice(2, { name: 'new', startupTime: 2, lastMessageAt: 8 * S }),
    ];
    view.fill({ connections, gone: [], reports: [], now: 100 * S });
    expect(shown(view)).toMatchObject([{ name: 'old', startup_time: 1, duplicate: true }]);
    const same = { name: 'old', startupTime: 1, lastMessageAt: 10 * S, revision: 2 };
    view.update({ connections: [twice(2, same)], gone: [], reports: [], now: 101 * S });
    expect(shown(view)).toMatchObject([{ name: 'old', duplicate: false, connections: 2 }]);
  });

  it('have the lowest id of their connections; each connection without a peer id is a node', () => {
    const view = new NetworkView('name:Testnet');
    view.fill({ connections: [twice(5), twice(9, { peer_id: null })], gone: [], reports: [], now: 100 * S });
    view.update({ connections: [twice(3)], gone: [], reports: [], now: 101 * S });
    expect(read(view, 100 * S)).toMatchObject({ gone: [5], nodes: [{ id: 3, best_height: null }] });
    expect(shown(view).map(({ id }) => id)).toEqual([3, 9]);
  });

  it('come in pages sorted by id, and in frames of a thousand to the feed', () => {
    const ids = Array.from({ length: 2_500 }, (_, at) => 5_000 - at);
    const view = filled(...ids);
    const first = JSON.parse(view.page(2_000)) as { next_cursor: number; nodes: { id: number }[] };
    const second = JSON.parse(view.page(2_000, first.next_cursor)) as typeof first;
    expect([...first.nodes, ...second.nodes].map(({ id }) => id)).toEqual([...ids].reverse());
    expect([first.next_cursor, second.next_cursor]).toEqual([4_500, null]);
    const frames = [view.frameAfter(-Infinity, ['name'])];
    // One that went, one that came and one that changed meanwhile come after the whole.
    view.update({
      connections: [connection(1)],
      gone: [2_600],
      reports: [imported(2_700, 9, 1)],
      now: 101 * S,
    });
    for (let rest = frames[0]?.rest; rest !== undefined; rest = frames.at(-1)?.rest) {
      frames.push(view.frameOfAll(rest, ['name']));
    }
    const read = frames.map((frame) => JSON.parse(frame?.data.toString() ?? '') as Record<string, unknown>);
    expect(read.map(({ complete, more, nodes }) => [complete, more, (nodes as object[]).length])).toEqual([
      [true, true, 1_000],
      [undefined, true, 1_000],
      [undefined, undefined, 500],
    ]);
    expect(new Set(read.map(({ as_of }) => as_of)).size).toBe(1);
    const after = view.frameAfter(frames.at(-1)?.stamp ?? 0, ['best_height']);
    expect(JSON.parse(after?.data.toString() ?? '')).toMatchObject({
      gone: [2_600],
      nodes: [
        { id: 1, best_height: null },
        { id: 2_700, best_height: 9 },
      ],
    });
  });

  it('have the status of any of their connections, the latest, until all of them have ended', () => {
    const view = new NetworkView('name:Testnet');
    const connections = [twice(1), twice(2), connection(3)];
    const status = (of: number, more: Partial<StatusRow> = {}): StatusRow => ({
      connection: of,
      status: 'healthy',
      since: 90 * S,
      clockWrong: false,
      changedAt: 100 * S,
      ...more,
    });
    view.fill({ connections, gone: [], reports: [], statuses: [status(2)], now: 101 * S });
    const since = '1970-01-01T00:01:30.000000Z';
    const none = { status: null, status_since: null, clock_wrong: null };
    expect(shown(view)).toMatchObject([{ status: 'healthy', status_since: since, clock_wrong: false }, none]);
    const counts = { silent: 0, syncing: 0, fork: 0, stuck: 0, lagging: 0, healthy: 1 };
    expect(view.header).toMatchObject({ status_counts: counts });
    const stuck = { status: 'stuck', since: 110 * S, clockWrong: true, changedAt: 110 * S } as const;
    const statuses = [status(1, stuck), status(2), status(2, stuck), status(2), status(99)];
    view.update({ connections: [], gone: [1], reports: [], statuses, now: 111 * S });
    expect(
      JSON.parse(view.frameAfter(101 * S, ['status', 'status_since'])?.data.toString() ?? ''),
    ).toMatchObject({
      nodes: [{ id: 2, status: 'stuck', status_since: '1970-01-01T00:01:50.000000Z' }],
      gone: [1],
      header: { status_counts: { ...counts, healthy: 0, stuck: 1 } },
    });
    view.update({ connections: [twice(4)], gone: [2], reports: [], now: 112 * S });
    expect(shown(view)).toMatchObject([none, none]);
  });

  it('are all counted, and the number of shown ones is separate', () => {
    const view = new NetworkView('name:Testnet');
    const total = { nodes: 30_000, validators: 400 };
    view.fill({ connections: [connection(1), connection(2)], gone: [], reports: [], total, now: 100 * S });
    expect(view.header).toMatchObject({ node_count: 30_000, shown_count: 2, validator_count: 400 });
  });
});

describe('the heights of a chain', () => {
  const MAX_CHAINS = Number.MAX_SAFE_INTEGER;
  const of = (id: number, address: string): ConnectionRow => ({ ...connection(id), address });
  const error = (node: number): ReportRow[] => [
    report(node, 'block.import', 105 * S, { best: '0xlie', height: MAX_CHAINS.toString() }),
    report(node, 'notify.finalized', 105 * S, { best: '0xlie', height: MAX_CHAINS.toString() }),
  ];
  function viewOf(connections: ConnectionRow[], reports: ReportRow[]): NetworkView {
    const view = new NetworkView('name:Testnet');
    view.fill({ connections, gone: [], reports, now: 110 * S });
    return view;
  }
  const unconfirmed = (view: NetworkView): unknown[] =>
    (JSON.parse(view.page(100)) as { nodes: { unconfirmed: unknown }[] }).nodes.map(
      (node) => node.unconfirmed,
    );

  it('are not those that a single node invents', () => {
    const honest = [1, 2].flatMap((node) => [
      imported(node, 9, (90 + node) * S),
      imported(node, 10, (100 + node) * S),
      report(node, 'notify.finalized', 103 * S, { best: '0x8', height: '8' }),
    ]);
    const view = viewOf(
      [of(1, '192.0.2.1'), of(2, '192.0.2.2'), of(3, '192.0.2.3')],
      [...honest, ...error(3)],
    );
    expect(view.header).toMatchObject({
      best_height: 10,
      best_hash: '0x10',
      finalized_height: 8,
      finalized_hash: '0x8',
      average_block_time_ms: 10_000,
      last_block_at: '1970-01-01T00:01:41.000000Z',
      single_source: false,
    });
    expect(unconfirmed(view)).toEqual([false, false, true]);
  });

  it('are not averaged over blocks that a single node invents in advance', () => {
    const early = [9, 10, 11, 12].map((height) =>
      report(3, 'block.import', height * S, { best: `0xlie${height.toString()}`, height: height.toString() }),
    );
    const honest = [1, 2].flatMap((node) => [9, 10].map((height) => imported(node, height, height * 6 * S)));
    const view = viewOf([of(1, 'a'), of(2, 'b'), of(3, 'c')], [...early, ...honest]);
    expect(view.header).toMatchObject({ best_height: 10, average_block_time_ms: 6_000 });
  });

  it('are confirmed by a third of the nodes of one address, at least two', () => {
    const nodes = Array.from({ length: 7 }, (_, at) => of(at + 1, '192.0.2.1'));
    const at = (heights: number[]): unknown =>
      viewOf(
        nodes,
        heights.map((height, index) => imported(index + 1, height, index)),
      ).header.best_height;
    expect(at([20, 20, 10, 10, 10, 10, 10])).toBe(10);
    expect(at([20, 21, 22, 10, 10, 10, 10])).toBe(20);
    expect(at([20, 10])).toBe(10);
    // IPv6 by its network.
    expect(
      viewOf(
        [of(1, '2001:db8::1'), of(2, '2001:db8::2'), ...[3, 4, 5, 6, 7].map((id) => of(id, '::9'))],
        [imported(1, 20, 1), imported(2, 20, 1), ...[3, 4, 5, 6, 7].map((id) => imported(id, 10, 1))],
      ).header.best_height,
    ).toBe(10);
  });

  it('are those of the only node that reports any, with single_source', () => {
    const view = viewOf([of(1, 'a'), of(2, 'b')], error(1));
    expect(view.header).toMatchObject({
      best_height: MAX_CHAINS,
      finalized_height: MAX_CHAINS,
      single_source: true,
    });
    expect(unconfirmed(view)).toEqual([false, false]);
    view.update({ connections: [], gone: [], reports: [imported(2, 5, 111 * S)], now: 111 * S });
    expect(view.header).toMatchObject({ best_height: 5, finalized_height: null, single_source: false });
    expect(unconfirmed(view)).toEqual([true, false]);
  });

  it('are not confirmed by an honest connection whose peer id an adversarial node uses too', () => {
    const victim = { ...of(1, 'a'), peer_id: 'Qm' };
    const forged = { ...of(2, 'x'), peer_id: 'Qm' };
    const honest = [4, 5, 6, 7, 8, 9].map((id) => of(id, `10.0.0.${id.toString()}`));
    const view = viewOf(
      [victim, forged, of(3, 'x'), ...honest],
      [imported(1, 5, 1), ...error(2), ...error(3), ...honest.map(({ id }) => imported(id, 5, 1))],
    );
    expect(view.header).toMatchObject({ best_height: 5, finalized_height: null });
  });

  it('are not counted twice for one node with two addresses', () => {
    const twice = [
      { ...of(1, 'a'), peer_id: 'Qm' },
      { ...of(2, 'b'), peer_id: 'Qm' },
    ];
    const view = viewOf([...twice, of(3, 'c')], [...error(1), ...error(2), imported(3, 5, 1)]);
    expect(view.header).toMatchObject({ best_height: 5, finalized_height: null });
  });

  it('have the hash of most nodes, the first one of several with as many', () => {
    const fork = (node: number, best: string, at: number): ReportRow =>
      report(node, 'block.import', at, { best, height: '9' });
    const nodes = ['a', 'b', 'c', 'd', 'e'].map((address, at) => of(at + 1, address));
    const two = [fork(1, '0xb', 2), fork(2, '0xb', 3), fork(3, '0xa', 1), fork(4, '0xa', 4)];
    expect(viewOf(nodes, two).header).toMatchObject({ best_hash: '0xa' });
    expect(viewOf(nodes, [...two, fork(5, '0xb', 9)]).header).toMatchObject({ best_hash: '0xb' });
  });
});

describe('block times', () => {
  const WITNESSES = [
    { node: 'one', address: 'a' },
    { node: 'two', address: 'b' },
  ];
  /** A block that two nodes report. */
  function note(blocks: BlockTimes, hash: string, height: number, at: number): void {
    for (const witness of WITNESSES) blocks.note(hash, height, at, witness);
    blocks.confirm(2);
  }

  it('are averaged over the last twenty blocks', () => {
    const blocks = new BlockTimes();
    for (let height = 0; height <= 100; height += 1) {
      note(blocks, height.toString(), height, height <= 80 ? height : 80 + (height - 80) * 6 * S);
    }
    expect(blocks.average(100)).toBe(6_000);
  });

  it('are not averaged over the time since a block that was late, because only slow nodes reported it', () => {
    const blocks = new BlockTimes();
    note(blocks, '1', 1, 5.72 * S);
    note(blocks, '2', 2, 6 * S);
    expect(blocks.average(2)).toBe(280);
    note(blocks, '3', 3, 12 * S);
    expect(blocks.average(3)).toBe(6_000);
  });

  it('are averaged over confirmed blocks, not over invented or synced ones', () => {
    const blocks = new BlockTimes();
    const [witness] = WITNESSES;
    blocks.note('false block', 1e15, 0, witness);
    for (let height = 0; height <= 30; height += 1) {
      blocks.note(`old ${height.toString()}`, null, height, witness);
      note(blocks, height.toString(), 1_000 + height, height * 6 * S);
      for (let error = 0; error < 9; error += 1) {
        const made = 1_000 + height * 9 + error;
        blocks.note(`false block ${made.toString()}`, made, height * 6 * S + error, witness);
      }
    }
    expect(blocks.average(1_030)).toBe(6_000);
  });

  it('are those of a restarted chain', () => {
    const blocks = new BlockTimes();
    for (let height = 0; height <= 500; height += 1)
      note(blocks, `a${height.toString()}`, height, height * 6 * S);
    for (let height = 0; height <= 30; height += 1) {
      const at = (10_000 + height * 2) * S;
      note(blocks, `b${height.toString()}`, height, at);
      blocks.prune(at);
    }
    expect(blocks.average(30)).toBe(2_000);
  });

  it('are limited in age and number', () => {
    const blocks = new BlockTimes();
    for (let height = 0; height < 30_000; height += 1) blocks.note(height.toString(), null, height);
    for (let height = 0; height < 5_000; height += 1)
      note(blocks, `b${height.toString()}`, height, 30_000 + height);
    blocks.prune(0);
    expect([blocks.firstSeen('0'), blocks.firstSeen('29999')]).toEqual([undefined, 29_999]);
    blocks.prune(3_600 * S);
    expect(blocks.firstSeen('29999')).toBeUndefined();
    expect(blocks.average(5_000)).toBe(0);
  });
});
