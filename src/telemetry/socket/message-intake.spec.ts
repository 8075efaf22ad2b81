import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RejectedMessage } from '../batch/batch.js';
import type { Batcher } from '../batch/batcher.js';
import type { MessageOutcomes, TelemetryMetrics } from '../telemetry.metrics.js';
import { MessageIntake, REJECTED_HEAD_BYTES } from './message-intake.js';
import { ENDPOINTS } from './telemetry-endpoint.js';

let stored: RejectedMessage[];
let counted: number;
let notStored: number;
let intake: MessageIntake;

beforeEach(() => {
  vi.useFakeTimers();
  [stored, counted, notStored] = [[], 0, 0];
  intake = new MessageIntake(
    { reject: (message: RejectedMessage) => stored.push(message) } as unknown as Batcher,
    { rejected: () => (counted += 1) } as unknown as MessageOutcomes,
    { rejectedNotStored: () => (notStored += 1) } as unknown as TelemetryMetrics,
  );
});

afterEach(() => void vi.useRealTimers());

function reject(times: number): number {
  const before = stored.length;
  const about = { receivedAt: Date.now(), connectionId: null, ipAddr: '192.0.2.1', reason: 'invalid_json' };
  for (let time = 0; time < times; time += 1) intake.reject(ENDPOINTS.audit, Buffer.alloc(2_000), about);
  return stored.length - before;
}

it('stores twenty rejected messages at once and twenty a second, and counts all', () => {
  expect(reject(150)).toBe(20);
  vi.advanceTimersByTime(999);
  expect(reject(150)).toBe(19);
  vi.advanceTimersByTime(2_000);
  expect(reject(150)).toBe(20);
  expect([counted, notStored]).toEqual([450, 391]);
});

it('stores the beginning of a rejected message, with its size and path', () => {
  reject(1);
  expect(stored[0]).toMatchObject({ path: '/audit', size: 2_000, reason: 'invalid_json' });
  expect(stored[0]?.head).toHaveLength(REJECTED_HEAD_BYTES);
});
