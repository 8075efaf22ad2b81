import { Logger } from '@nestjs/common';
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FeedGuard } from '../../platform/access/index.js';
import { DeadlineExceededError } from '../../platform/async/index.js';
import type { ClientAddresses } from '../../platform/client-address/index.js';
import type { FeedLimits } from '../feed-limits.js';
import type { FeedMetrics } from '../feed.metrics.js';
import { AuthHandshake, Handshakes, UnauthenticatedError, UnauthenticatedSockets } from './auth-handshake.js';

const guard = (needsToken: boolean) => ({ needsToken, admits: (token: string) => token === 'known' });

describe('Handshakes', () => {
  afterEach(() => void vi.restoreAllMocks());

  const never = new Promise<never>(() => undefined);

  it.each([
    ['does not decide in time', () => never, 'timeout', 503],
    ['throws a deadline of its own', () => Promise.reject(new DeadlineExceededError(1)), 'failed', 500],
  ] as const)('are refused if the guard %s', async (_, checkUpgrade, reason, status) => {
    vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const refused: string[] = [];
    const handshakes = new Handshakes(
      { checkUpgrade } as unknown as FeedGuard,
      { tokenMs: 20, waitingSockets: 2, waitingSocketsOfAddress: 2 } as FeedLimits,
      { of: () => ({ address: '192.0.2.1' }) } as unknown as ClientAddresses,
      { handshakeRefused: (given: string) => refused.push(given) } as unknown as FeedMetrics,
    );
    const request = { socket: new EventEmitter() } as unknown as IncomingMessage;
    expect(await handshakes.check(request, () => false)).toBe(status);
    expect(refused).toEqual([reason]);
  });
});

describe('AuthHandshake', () => {
  it('accepts a token in the first frame, alone or with a request', async () => {
    const alone = new AuthHandshake(guard(true));
    expect(alone.isDone).toBe(false);
    await alone.authenticate({ token: 'known' });
    expect(alone.isDone).toBe(true);
    expect(alone.withoutToken({ token: 'known' })).toBe(undefined);
    expect(alone.withoutToken({ interest: 'subscribe' })).toEqual({ interest: 'subscribe' });
    expect(new AuthHandshake(guard(true)).withoutToken({ token: 'known', msg: 'a' })).toEqual({ msg: 'a' });
  });

  it('rejects a first frame without a valid token', async () => {
    for (const frame of [{}, { msg: 'a' }, { token: 'other' }, { token: ['known'] }, { token: null }]) {
      const auth = new AuthHandshake(guard(true));
      await expect(auth.authenticate(frame)).rejects.toThrow(UnauthenticatedError);
      expect(auth.isDone).toBe(false);
    }
  });

  it('waits for a guard that decides asynchronously', async () => {
    const guardOfTeam = { needsToken: true, admits: (token: string) => Promise.resolve(token === 'known') };
    const auth = new AuthHandshake(guardOfTeam);
    await expect(auth.authenticate({ token: 'other' })).rejects.toThrow(UnauthenticatedError);
    await auth.authenticate({ token: 'known' });
    expect(auth.isDone).toBe(true);
  });

  it('needs a token where the guard does not define needsToken', () => {
    const half = { admits: () => false } as unknown as ReturnType<typeof guard>;
    expect(new AuthHandshake(half).isDone).toBe(false);
  });

  it('accepts every client where no token is needed, with a token too', () => {
    const open = new AuthHandshake(guard(false));
    expect(open.isDone).toBe(true);
    expect(open.withoutToken({ token: 'whatever' })).toBe(undefined);
    // Only the first frame may have a token: others are passed on unchanged.
    expect(open.withoutToken({ token: 'whatever' })).toEqual({ token: 'whatever' });
    expect(new AuthHandshake(guard(false)).withoutToken({})).toEqual({});
  });
});

const socketsOf = (waitingSockets: number, waitingSocketsOfAddress: number): UnauthenticatedSockets<string> =>
  new UnauthenticatedSockets({ waitingSockets, waitingSocketsOfAddress });

describe('UnauthenticatedSockets', () => {
  it('evicts the oldest socket above the limit', () => {
    const waiting = socketsOf(3, 2);
    expect(['1', '2', '3'].map((n) => waiting.add(n, `192.0.2.${n}`))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([waiting.add('4', '192.0.2.4'), waiting.add('5', '192.0.2.5'), waiting.size]).toEqual([
      '1',
      '2',
      3,
    ]);
  });

  it('evicts the oldest socket of an address above its limit, with IPv6 counted by network', () => {
    const waiting = socketsOf(4, 2);
    waiting.add('another', '192.0.2.1');
    expect(['1', '2', '3', '4'].map((n) => waiting.add(n, `2001:db8::${n}`))).toEqual([
      undefined,
      undefined,
      '1',
      '2',
    ]);
    expect(waiting.size).toBe(3);
    expect(waiting.add('other network', '2001:db8:0:1::1')).toBeUndefined();
  });

  it('does not count sockets that were deleted', () => {
    const waiting = socketsOf(2, 2);
    for (const n of ['1', '2']) waiting.add(n, '192.0.2.1');
    expect([waiting.delete('1'), waiting.delete('1'), waiting.size]).toEqual([true, false, 1]);
    expect(waiting.add('3', '192.0.2.1')).toBeUndefined();
    expect(waiting.add('4', '192.0.2.2')).toBe('2');
  });
});
