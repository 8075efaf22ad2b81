import { describe, expect, it } from 'vitest';
import type { Subscription } from '../subscriptions.js';
import { CacheEntry } from './cache-entry.js';
import { AggregateFiller } from './cache-fillers.js';

/** An entry that has been part of an update since it was filled, and its only subscription. */
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

describe('an entry of the cache', () => {
  it('has all that others know after an update', () => {
    expect(updatedEntry().entry.mayLackRows).toBe(false);
  });

  it('may lack what others know once nobody uses it, even if an update ends after that', () => {
    for (const updatesAfter of [0, 1]) {
      const { entry, subscription } = updatedEntry();
      entry.remove(subscription);
      if (updatesAfter > 0) entry.updated(3, 0);
      expect(entry.mayLackRows).toBe(true);
      // Used again, it has all of it with the next update.
      entry.add(subscription);
      entry.updated(4, 0);
      expect(entry.mayLackRows).toBe(false);
    }
  });
});
