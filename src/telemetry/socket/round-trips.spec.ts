import { beforeEach, describe, expect, it } from 'vitest';
import { RoundTrips } from './round-trips.js';

describe('RoundTrips', () => {
  let trips: RoundTrips;
  let now: number;

  beforeEach(() => {
    trips = new RoundTrips();
    now = 1_000;
  });

  /** A ping whose pong takes so many milliseconds. */
  const roundTrip = (ms: number): void => {
    const payload = trips.ping(now);
    trips.pong(Buffer.from(payload), (now += ms));
  };

  it('is null before the first pong, and whole microseconds after it', () => {
    expect(trips.minUs).toBeNull();
    trips.ping(now);
    expect(trips.minUs).toBeNull();
    roundTrip(12.3456);
    expect(trips.minUs).toBe(12_346);
  });

  it('has the shortest of the last eight', () => {
    for (const ms of [30, 10, 20]) roundTrip(ms);
    expect(trips.minUs).toBe(10_000);
    for (const ms of [41, 42, 43, 44, 45, 46]) roundTrip(ms);
    expect(trips.minUs).toBe(10_000);
    roundTrip(47);
    expect(trips.minUs).toBe(20_000);
    roundTrip(48);
    expect(trips.minUs).toBe(41_000);
  });

  it('ignores a pong without a ping, with other data, of an earlier ping, or a second one', () => {
    trips.pong(Buffer.from(''), now);
    trips.pong(Buffer.from('0'), now);
    trips.pong(Buffer.from('1'), now);
    const first = Buffer.from(trips.ping(now));
    trips.pong(Buffer.from('2'), now + 1);
    trips.pong(Buffer.alloc(0), now + 1);
    const second = Buffer.from(trips.ping(now + 2));
    trips.pong(first, now + 3);
    expect(trips.minUs).toBeNull();
    trips.pong(second, now + 7);
    trips.pong(second, now + 7.1);
    expect(trips.minUs).toBe(5_000);
    for (let times = 0; times < 8; times += 1) trips.pong(second, now + 100);
    expect(trips.minUs).toBe(5_000);
  });

  it('does not measure an ignored ping, but the next one', () => {
    const ignored = Buffer.from(trips.ping(now));
    trips.ignorePing();
    trips.pong(ignored, now + 1);
    expect(trips.minUs).toBeNull();
    roundTrip(3);
    expect(trips.minUs).toBe(3_000);
  });

  it('does not exceed the range of its column', () => {
    roundTrip(86_400_000);
    expect(trips.minUs).toBe(2_147_483_647);
  });
});
