import { describe, expect, it, vi } from 'vitest';
import { aBatch } from '../../test/support/fakes/a-batch.js';
import { readSettings } from '../platform/config/index.js';
import type { WriterPool } from '../storage/index.js';
import type { JournalService } from './journal.service.js';
import { JournalReplay } from './journal-replay.js';
import type { DeliveryQueue } from './queue/delivery-queue.js';

describe('JournalReplay', () => {
  it('stops while it waits for a writer, and closes the file that it reads', async () => {
    let isOpen = false;
    async function* batches(): AsyncGenerator<unknown, void, undefined> {
      isOpen = true;
      try {
        for (let offset = 0; ; offset += 1) {
          yield await Promise.resolve({ entry: { segment: 1, offset, length: 1 }, batch: aBatch('a') });
        }
      } finally {
        isOpen = false;
      }
    }
    async function* abandonedJournals(): AsyncGenerator<unknown, void, undefined> {
      yield await Promise.resolve({ bytes: 0, path: 'a-journal', batches });
    }
    // Nothing that is queued is stored.
    const pushReplayed = vi.fn();
    const replay = new JournalReplay(
      readSettings({ NUM_THREADS: '2' }),
      { abandonedJournals } as unknown as JournalService,
      { pushReplayed } as unknown as DeliveryQueue,
      { withClient: () => Promise.resolve('kept') } as unknown as WriterPool,
    );
    replay.start();
    await vi.waitFor(() => expect(pushReplayed).toHaveBeenCalledTimes(2));
    expect(isOpen).toBe(true);
    await replay.stop();
    expect(isOpen).toBe(false);
    replay.check();
    expect(pushReplayed).toHaveBeenCalledTimes(2);
  });
});
