import { describe, expect, it } from 'vitest';
import { BlockTimes } from './block-times.js';
import { NetworkView } from './network-view.js';
import type { ConnectionRow, ReportRow } from './report-row.js';

const S = 1e6;
const connection = (id: number): ConnectionRow => ({
  id,
  chain: 'Testnet',
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
  const view = new NetworkView('Testnet');
  view.fill({ connections: ids.map(connection), gone: [], reports: [], now: 100 * S });
  return view;
}

const read = (view: NetworkView, stamp: number): unknown =>
  JSON.parse(view.frameAfter(stamp, ['best_height', 'peers'])?.data.toString() ?? 'null');

describe('the view of a chain', () => {
  it('tells who is behind the newest state of what changed, once', () => {
    const view = filled(1, 2);
    for (let second = 1; second <= 3; second += 1) {
      const now = (100 + second) * S;
      view.update({ connections: [], gone: [], reports: [imported(1, second, now)], now });
    }
    expect(read(view, 100 * S)).toMatchObject({ nodes: [{ id: 1, best_height: 3 }], gone: [] });
    expect(read(view, 103 * S)).toBeNull();
  });

  it('sends everything to who has nothing, and to who is too far behind to be told who went', () => {
    const view = filled(1, 2);
    view.update({ connections: [], gone: [2], reports: [], now: 101 * S });
    expect(read(view, 100 * S)).toMatchObject({ nodes: [], gone: [2] });
    const all = { complete: true, nodes: [{ id: 1, best_height: null, peers: null }], gone: [] };
    expect(read(view, -Infinity)).toMatchObject(all);
    view.update({ connections: [], gone: [], reports: [], now: 5_000 * S });
    expect(read(view, 100 * S)).toMatchObject(all);
  });

  it('is not begun anew with what is older than what it shows', () => {
    const view = filled(1);
    view.update({ connections: [connection(2)], gone: [], reports: [], now: 102 * S });
    const { generation } = view;
    view.fill({ connections: [connection(1)], gone: [], reports: [], now: 101 * S });
    expect([view.size, view.generation]).toEqual([2, generation]);
    view.fill({ connections: [connection(1)], gone: [], reports: [], now: 103 * S });
    expect([view.size, view.generation]).toEqual([1, generation + 1]);
    expect(read(view, 102 * S)).toMatchObject({ complete: true });
  });

  it('has the same state whatever the order of what comes, and however often it comes', () => {
    const reports = [imported(1, 1, 101 * S), imported(2, 1, 102 * S), imported(1, 2, 103 * S)];
    const views = [
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0, 1, 0],
    ].map((order) => {
      const view = filled(1, 2);
      for (const at of order) {
        const row = reports[at];
        if (row !== undefined) view.update({ connections: [], gone: [], reports: [row], now: 110 * S });
      }
      return view;
    });
    for (const view of views) {
      const { nodes, header } = JSON.parse(view.snapshot()) as { nodes: object[]; header: object };
      expect(nodes).toMatchObject([
        { best_height: 2, propagation_ms: 0 },
        { best_height: 1, propagation_ms: 1_000 },
      ]);
      expect(header).toMatchObject({ best_height: 2, average_block_time_ms: 2_000 });
    }
  });
});

describe('the times of blocks', () => {
  it('are averaged over the last twenty, whatever was before', () => {
    const blocks = new BlockTimes();
    for (let height = 0; height <= 100; height += 1) {
      blocks.note(height.toString(), height, height <= 80 ? height : 80 + (height - 80) * 6 * S);
    }
    expect(blocks.average()).toBe(6_000);
  });

  it('are averaged over what happens, not over what a node makes up or what was fetched', () => {
    const blocks = new BlockTimes();
    blocks.note('lie', 1e15, 0);
    for (let height = 0; height <= 30; height += 1) {
      blocks.note(`old ${height.toString()}`, null, height);
      blocks.note(height.toString(), 1_000 + height, height * 6 * S);
      blocks.note(`lie ${height.toString()}`, 5_000 + 7 * height, height * 6 * S);
    }
    expect(blocks.average()).toBe(6_000);
  });

  it('are those of a chain that began again', () => {
    const blocks = new BlockTimes();
    for (let height = 0; height <= 500; height += 1)
      blocks.note(`a${height.toString()}`, height, height * 6 * S);
    for (let height = 0; height <= 30; height += 1) {
      const at = (10_000 + height * 2) * S;
      blocks.note(`b${height.toString()}`, height, at);
      blocks.prune(at);
    }
    expect(blocks.average()).toBe(2_000);
    expect(blocks.heightSeen(30)).toBe(10_060 * S);
  });

  it('are forgotten in time, and in number', () => {
    const blocks = new BlockTimes();
    for (let height = 0; height < 30_000; height += 1) blocks.note(height.toString(), height, height);
    blocks.prune(0);
    expect([blocks.firstSeen('0'), blocks.firstSeen('29999')]).toEqual([undefined, 29_999]);
    blocks.prune(3_600 * S);
    expect(blocks.firstSeen('29999')).toBeUndefined();
    expect(blocks.average()).toBe(0);
  });
});
