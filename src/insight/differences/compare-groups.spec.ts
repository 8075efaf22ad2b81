import { describe, expect, it } from 'vitest';
import { attributesOf, type Subject } from './attributes.js';
import { compareGroups } from './compare-groups.js';

const VERSIONS = ['1.15.2-aaa', '1.16.0-bbb', '1.16.1-ccc', '1.17.0-ddd', '1.18.1-eee'];

/** Nodes of which the first forty have an old version; of the others a tenth has. */
const subjects: Subject[] = Array.from({ length: 600 }, (_, id) => ({
  id,
  version: id < 40 || id % 10 === 0 ? (VERSIONS[id % 3] ?? '') : (VERSIONS[3 + (id % 2)] ?? ''),
  implementation: id % 12 === 11 ? 'KAGOME' : 'Parity Polkadot',
  authority: id % 3 === 0,
  label: null,
  collector: 7,
  scores:
    id % 2 === 0
      ? null
      : {
          cpu: id % 4 === 1 ? 700 : 900,
          parallel_cpu: 980,
          memory: 12_000,
          disk_sequential: 960,
          disk_random: null,
        },
  peersRatio: 0.4 + (id % 7) / 10,
  clockOffsetMs: id % 50 === 0 ? -900 : 3,
  clockSteps: id % 60 === 0 ? 1 : 0,
}));
const group = new Set(subjects.slice(0, 40).map(({ id }) => id));

describe('compareGroups', () => {
  const differences = compareGroups(attributesOf(subjects), group);

  it('finds the version that a group is below', () => {
    const [first] = differences;
    expect(first).toMatchObject({
      attribute: 'version_below',
      value: '1.17.0',
      lift: expect.closeTo(9.16, 2) as number,
    });
    // KAGOME counts its versions otherwise.
    expect(first?.of).toBe(37);
    expect(first?.having).toBe(37);
    expect(first?.pCorrected).toBeLessThan(1e-20);
  });

  it('corrects for all comparisons, and lists what is by chance last', () => {
    for (const { p, pCorrected } of differences)
      expect(pCorrected).toBeCloseTo(Math.min(1, p * differences.length), 12);
    const significant = differences.map(({ pCorrected }) => pCorrected < 0.05);
    expect(significant).toEqual([...significant].sort((one, other) => Number(other) - Number(one)));
    const byChance = differences.filter(({ attribute }) =>
      ['authority', 'peers', 'clock'].includes(attribute),
    );
    expect(byChance.length).toBeGreaterThan(4);
    expect(byChance.every(({ pCorrected }) => pCorrected > 0.05)).toBe(true);
  });

  it('counts only nodes of which an attribute is known', () => {
    const cpu = differences.find(
      ({ attribute, value }) => attribute === 'hardware_below_reference' && value === 'cpu',
    );
    expect(cpu).toMatchObject({ having: 10, of: 20, restHaving: 140, restOf: 280, lift: 1, p: 1 });
    // All nodes have the same.
    expect(differences.some(({ attribute }) => attribute === 'collector')).toBe(false);
  });

  it('has nothing to compare without a group, or without others', () => {
    const attributes = attributesOf(subjects);
    expect(compareGroups(attributes, new Set())).toEqual([]);
    expect(compareGroups(attributes, new Set(attributes.keys()))).toEqual([]);
  });
});
