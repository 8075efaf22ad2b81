import { describe, expect, it } from 'vitest';
import { levelOf } from './reputation-cell.js';
import { matrixOf } from './matrix.js';
import { mergeReports, reportersOf, seriesOf } from './reports.js';

const ts = (second: number): string => `2026-01-02T03:04:${second.toString().padStart(2, '0')}.000000Z`;
const report = (second: number, reporting_peer: string, reputation: number, connected = false) => ({
  ts: ts(second),
  reporting_peer,
  reputation,
  connected,
});
const at = (second: number): number => Date.parse(ts(second)) / 1000;

describe('reports of a peer', () => {
  it('are merged without duplicates and old reports, newest first', () => {
    const known = [report(30, 'a', 3), report(20, 'b', 2), report(10, 'a', 1)];
    const added = [report(40, 'b', 4), report(30, 'a', 3), report(25, 'c', 5)];
    expect(mergeReports(known, added, ts(10)).map(({ reputation }) => reputation)).toEqual([4, 3, 5, 2]);
  });

  it('have a line per reporter, which holds its value for a limited time', () => {
    const reporters = reportersOf([
      report(50, 'b', -4),
      report(30, 'a', 3, true),
      report(20, 'b', -2),
      report(20, 'a', 7),
    ]);
    expect(
      reporters.map(({ peerId, lowest, highest, latest }) => [peerId, lowest, highest, latest.connected]),
    ).toEqual([
      ['b', -4, -2, false],
      ['a', 3, 7, true],
    ]);
    expect(seriesOf(reporters, 15)).toEqual({
      times: [at(20), at(30), at(50)],
      columns: [
        [-2, -2, -4],
        [7, 3, null],
      ],
    });
  });
});

describe('the matrix', () => {
  it('has the peer with the lowest reputation first, and distinguishes no report from 0', () => {
    const { reporters, remotes } = matrixOf([
      {
        reporting_peer: 'a',
        remote_peer: ['x', 'y'],
        reputation: [0, 5],
        connected: [false, true],
        ts: ts(1),
      },
      { reporting_peer: 'b', remote_peer: ['y'], reputation: [-9], connected: [false], ts: ts(2) },
    ]);
    expect(remotes).toEqual(['y', 'x']);
    expect(reporters[0]?.reports.get('x')).toEqual({ reputation: 0, connected: false });
    expect(reporters[1]?.reports.get('x')).toBeUndefined();
  });

  it('colours by magnitude', () => {
    expect([0, 1, -999, 1000, -1_000_000, 2e9].map(levelOf)).toEqual([
      'none',
      'good-1',
      'bad-1',
      'good-2',
      'bad-3',
      'good-3',
    ]);
  });
});
