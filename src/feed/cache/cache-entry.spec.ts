import { describe, expect, it } from 'vitest';
import type { Subscription } from '../subscriptions.js';
import { CacheEntry } from './cache-entry.js';
import { AggregateFiller } from './cache-fillers.js';

/** An entry that was updated after it was filled, and its only subscription. */
function updatedEntry(): { entry: CacheEntry; subscription: Subscription } {
  const entry = new CacheEntry(
    { peer_id: 'QmNode', msg: 'x' },
    new AggregateFiller({ sliceMs: 4 }),
    () => undefined,
  );
  const subscription = { notify: () => undefined } as Subscription;
  entry.add(subscription);
  entry.fill({ rows: [], now: 1, from: 0 });
  entry.updated(2, 0);
  return { entry, subscription };
}

describe('CacheEntry', () => {
  it('lacks no rows after an update', () => {
    expect(updatedEntry().entry.mayLackRows).toBe(false);
  });

  it('may lack rows once it is unused, even if an update ends after that', () => {
    for (const updatesAfter of [0, 1]) {
      const { entry, subscription } = updatedEntry();
      entry.remove(subscription);
      if (updatesAfter > 0) entry.updated(3, 0);
      expect(entry.mayLackRows).toBe(true);
      // Used again, it is complete after the next update.
      entry.add(subscription);
      entry.updated(4, 0);
      expect(entry.mayLackRows).toBe(false);
    }
  });
});
