import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_LOSS_MS, SocketLosses } from './socket-losses.js';

describe('a loss of sockets', () => {
  let losses: SocketLosses;

  beforeEach(() => {
    losses = new SocketLosses();
  });

  const open = (count: number, at = 0): void => {
    for (let n = 0; n < count; n += 1) losses.opened(at);
  };

  /** They were opened at the beginning, from two addresses unless given. */
  const end = (count: number, at: number, { openedAt = 0, addresses = 2 } = {}): void => {
    for (let n = 0; n < count; n += 1) losses.ended(at, openedAt, `10.0.0.${n % addresses}`);
  };

  it('is at least half of them, from the first that ended', () => {
    open(40);
    end(19, 60_000);
    expect(losses.check(60_100)).toBeUndefined();
    end(1, 60_200);
    expect(losses.check(60_300)).toEqual({ kind: 'began', at: 60_000 });
    expect(losses.check(60_400)).toBeUndefined();
  });

  it('is at least ten, of at least two addresses', () => {
    open(12);
    end(9, 60_000);
    expect(losses.check(60_100)).toBeUndefined();
    end(1, 60_200);
    expect(losses.check(60_300)).toEqual({ kind: 'began', at: 60_000 });

    losses = new SocketLosses();
    open(30);
    end(30, 60_000, { addresses: 1 });
    expect(losses.check(60_100)).toBeUndefined();
  });

  it('is within half a minute', () => {
    open(40);
    for (let at = 0; at < 400_000; at += 20_000) {
      end(2, 60_000 + at);
      expect(losses.check(60_000 + at)).toBeUndefined();
      open(2, 60_000 + at);
    }
    losses = new SocketLosses();
    open(40);
    for (let n = 0; n < 20; n += 1) end(1, 60_000 + n * 1_400);
    expect(losses.check(60_000 + 19 * 1_400)).toBeUndefined();
    losses = new SocketLosses();
    open(40);
    for (let n = 0; n < 20; n += 1) losses.ended(60_000 + n * 1_400, 0, `10.0.0.${n}`);
    expect(losses.check(60_000 + 19 * 1_400)).toEqual({ kind: 'began', at: 60_000 });
  });

  it('does not count sockets that were just opened', () => {
    open(20);
    for (let at = 60_000; at < 90_000; at += 100) {
      open(1, at);
      end(1, at, { openedAt: at });
    }
    expect(losses.check(90_000)).toBeUndefined();
  });

  it('is over when half as many have opened again, and stay open', () => {
    open(30);
    end(20, 60_000);
    expect(losses.check(60_100)).toEqual({ kind: 'began', at: 60_000 });
    open(9, 70_000);
    for (let n = 0; n < 50; n += 1) {
      open(1, 71_000);
      end(1, 71_000, { openedAt: 71_000 });
    }
    expect(losses.check(71_100)).toBeUndefined();
    open(1, 72_000);
    expect(losses.check(72_100)).toEqual({ kind: 'ended', at: 72_100 });
    expect(losses.check(72_200)).toBeUndefined();
  });

  it('grows when more sockets end meanwhile', () => {
    open(30);
    end(20, 60_000);
    losses.check(60_100);
    end(10, 61_000);
    open(14, 62_000);
    expect(losses.check(62_100)).toBeUndefined();
    open(1, 63_000);
    expect(losses.check(63_100)).toEqual({ kind: 'ended', at: 63_100 });
  });

  it('is over after ten minutes, and can happen again', () => {
    open(30);
    end(20, 60_000);
    losses.check(60_100);
    const over = 60_000 + MAX_LOSS_MS;
    expect(losses.check(over - 1)).toBeUndefined();
    expect(losses.check(over + 400)).toEqual({ kind: 'ended', at: over });
    open(20, over + 1_000);
    end(20, over + 60_000, { openedAt: over + 1_000 });
    expect(losses.check(over + 60_100)).toEqual({ kind: 'began', at: over + 60_000 });
  });
});
