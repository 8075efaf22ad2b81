import { describe, expect, it } from 'vitest';
import { checksOf, type Found } from './checks.js';

const SETTLED = { mean: 200, lowest: 190 };
const SOUND: Found = {
  balance: {
    sent: 100,
    due: 98,
    unread: 2,
    stored: 98,
    rejected: 0,
    gone: 0,
    damaged: 0,
    notKept: 0,
    missing: 0,
    twice: 0,
    wrong: 0,
    findings: [],
  },
  growths: [{ column: 'rss_mib', settled: SETTLED, last: SETTLED, ratio: 1.1 }],
  sentShare: 0.99,
  feedFailures: [],
  requestFailures: [],
  problems: [],
};

const failed = (found: Partial<Found>): string[] =>
  checksOf({ ...SOUND, ...found })
    .filter(({ ok }) => !ok)
    .map(({ name }) => name);

describe('the verdict of a soak run', () => {
  it('is positive without problems', () => {
    expect(failed({})).toEqual([]);
  });

  it('names each problem', () => {
    for (const wrong of [{ missing: 1 }, { twice: 1 }, { wrong: 1 }]) {
      expect(failed({ balance: { ...SOUND.balance, ...wrong } })).toEqual(['messages are stored once']);
    }
    expect(failed({ sentShare: 0.89 })).toEqual(['messages came at the rate']);
    expect(failed({ feedFailures: ['a'] })).toEqual(['failures of the feed']);
    expect(failed({ requestFailures: ['a'] })).toEqual(['failed requests']);
    expect(failed({ problems: ['a'] })).toEqual(['problems of the server']);
  });

  it('rejects growth and unknown values', () => {
    for (const ratio of [1.101, NaN]) {
      expect(failed({ growths: [{ column: 'open_files', settled: SETTLED, last: SETTLED, ratio }] })).toEqual(
        ['growth of open_files'],
      );
    }
  });

  it('reports means and minima', () => {
    const last = { mean: 210, lowest: 195 };
    const growths = [{ column: 'rss_mib' as const, settled: SETTLED, last, ratio: 1.05 }];
    expect(checksOf({ ...SOUND, growths }).at(-1)?.detail).toBe(
      'from 200.0 (lowest 190.0) to 210.0 (lowest 195.0), ×1.050, at most ×1.1',
    );
  });

  it('shows some of the failures', () => {
    const [, , feed] = checksOf({
      ...SOUND,
      feedFailures: Array.from({ length: 30 }, (_, index) => `no ${index}`),
    });
    expect(feed?.detail.split('\n')).toHaveLength(12);
    expect(feed?.detail).toMatch(/^30\n {4}no 0\n/);
  });
});
