import { describe, expect, it } from 'vitest';
import { NodeReports } from './node-reports.js';
import { MINUTE_US, type Observation, SECOND_US, type Source, type StateReport } from './observation.js';

const START = 29_000_000 * MINUTE_US;
const source: Source = { chain: 1, node: 7, collector: 1, address: '198.51.100.1', rttUs: null };

function message(second: number, values: Partial<StateReport>): Observation {
  const at = START + second * SECOND_US;
  const report: StateReport = {
    kind: 'state',
    height: null,
    finalizedHeight: null,
    txcount: null,
    peers: null,
    download: null,
    upload: null,
    ...values,
  };
  return { source, receivedAt: at + 20_000, createdAt: at, report };
}

const MESSAGES = [
  message(1, { height: 10, txcount: 3 }),
  message(1, { peers: 20 }),
  message(6, { height: 11, txcount: 4 }),
  message(6, { peers: 19 }),
  message(11, { height: 11, peers: 18, txcount: 0 }),
  message(61, { height: 12 }),
];

describe('NodeReports', () => {
  it('counts different messages by kind, and has the last ones, in any order and however often they are added', () => {
    const orders = [MESSAGES, MESSAGES.toReversed(), [...MESSAGES, ...MESSAGES]];
    const found = orders.map((order) => {
      const reports = new NodeReports();
      for (const one of order) reports.add(one);
      expect(reports.minutes(START, Infinity)).toEqual([START, START + MINUTE_US]);
      return reports.in(START).get(7);
    });
    expect(found[0]).toMatchObject({
      chainReports: [1, 6, 11].map((second) => START + second * SECOND_US),
      networkReports: [1, 6, 11].map((second) => START + second * SECOND_US),
      chain: { height: 11, txcount: 0 },
      network: { peers: 18 },
      sources: [source],
    });
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
  });

  it('counts a hundred messages of a node in a minute at most, the same in any order', () => {
    const many = Array.from({ length: 500 }, (_, index) => message(index / 10, { height: index }));
    const [one, other] = [many, many.toReversed()].map((order) => {
      const reports = new NodeReports();
      for (const each of order) reports.add(each);
      return reports.in(START).get(7)?.chainReports;
    });
    expect(one).toHaveLength(100);
    expect(other).toEqual(one);
  });
});
