import { describe, expect, it } from 'vitest';
import { Clock } from './clock.js';
import { type Episode, Episodes } from './episodes.js';

const MINUTE_MS = 60_000;

/** When episodes began and ended within three hours, in minutes, and the minutes in between. */
function run(plans: readonly Episode[]): { changes: string[]; on: number[] } {
  const clock = new Clock();
  const changes: string[] = [];
  const on: number[] = [];
  let reached = 0;
  const episodes = new Episodes({
    plans,
    clock,
    began: (at) => changes.push(`began ${at / MINUTE_MS}`),
    ended: (at) => changes.push(`ended ${at / MINUTE_MS}`),
  });
  episodes.schedule(0);
  clock.repeat(
    0,
    () => MINUTE_MS,
    (at) => {
      reached = at;
      if (episodes.isOn) on.push(at / MINUTE_MS);
    },
  );
  while (reached < 180 * MINUTE_MS) clock.tick();
  return { changes, on };
}

describe('Episodes', () => {
  it('are on from their start until before their end', () => {
    expect(run([{ afterMinutes: 10, forMinutes: 3, everyHours: 0 }])).toEqual({
      changes: ['began 10', 'ended 13'],
      on: [10, 11, 12],
    });
  });

  it('repeat after the configured hours', () => {
    const { changes } = run([{ afterMinutes: 10, forMinutes: 5, everyHours: 2 }]);
    expect(changes).toEqual(['began 10', 'ended 15', 'began 130', 'ended 135']);
  });

  it('are merged where they overlap', () => {
    const { changes } = run([
      { afterMinutes: 10, forMinutes: 5, everyHours: 0 },
      { afterMinutes: 12, forMinutes: 1, everyHours: 0 },
      { afterMinutes: 14, forMinutes: 6, everyHours: 0 },
    ]);
    expect(changes).toEqual(['began 10', 'ended 20']);
  });

  it('are never on without plans', () => {
    expect(run([])).toEqual({ changes: [], on: [] });
  });
});
