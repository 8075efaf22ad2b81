import { HttpException, Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { FeedGuard } from '../../platform/access/index.js';
import { addressGroup } from '../../platform/address/index.js';
import { DeadlineExceededError, withDeadline } from '../../platform/async/index.js';
import { ClientAddresses } from '../../platform/client-address/index.js';
import { FeedLimits } from '../feed-limits.js';
import { InvalidRequestError } from '../feed-request.js';
import { FeedMetrics, type HandshakeRefusal } from '../feed.metrics.js';

/** The guard has not decided in time. */
const TOO_LATE = Symbol('too late');

/** WebSocket handshakes that wait for the guard, which may call another service: limited in number and time. */
@Injectable()
export class Handshakes {
  private readonly logger = new Logger('Feed');
  /** The address of each that waits. */
  private readonly waiting = new Map<IncomingMessage, string>();

  constructor(
    private readonly guard: FeedGuard,
    private readonly limits: FeedLimits,
    private readonly addresses: ClientAddresses,
    private readonly metrics: FeedMetrics,
  ) {}

  /**
   * @param isFull whether the feed has as many sockets as it may, called when the guard has decided
   * @returns the HTTP status of the refusal, or null. Does not throw
   */
  async check(request: IncomingMessage, isFull: () => boolean): Promise<number | null> {
    const address = addressGroup(this.addresses.of(request).address);
    if (this.isCrowded(address)) return this.refuse('crowded', 503);
    this.waiting.set(request, address);
    try {
      const decision = this.guard.checkUpgrade(request);
      const status = decision instanceof Promise ? await this.inTime(decision, request) : decision;
      if (status === TOO_LATE) return this.refuse('timeout', 503);
      if (status !== null) return this.refuse('refused', status);
      // Other sockets may have been opened in the meantime.
      return isFull() ? this.refuse('full', 503) : null;
    } catch (error) {
      if (error instanceof HttpException) return this.refuse('refused', error.getStatus());
      this.logger.error('The guard of the live feed failed. The handshake was refused.', error);
      return this.refuse('failed', 500);
    } finally {
      this.waiting.delete(request);
    }
  }

  /** @returns `TOO_LATE` also when the client closes its connection */
  private async inTime<T>(decision: Promise<T>, { socket }: IncomingMessage): Promise<T | typeof TOO_LATE> {
    const { tokenMs } = this.limits;
    const late = new DeadlineExceededError(tokenMs);
    const gone = new AbortController();
    const onClose = (): void => gone.abort(late);
    socket.once('close', onClose);
    try {
      return await withDeadline(tokenMs, () => decision, gone.signal, late);
    } catch (error) {
      // A guard may throw an error of this class itself: then it failed.
      if (error === late) return TOO_LATE;
      throw error;
    } finally {
      socket.off('close', onClose);
    }
  }

  private isCrowded(address: string): boolean {
    const { waitingSockets, waitingSocketsOfAddress } = this.limits;
    if (this.waiting.size >= waitingSockets) return true;
    let ofAddress = 0;
    for (const other of this.waiting.values()) if (other === address) ofAddress += 1;
    return ofAddress >= waitingSocketsOfAddress;
  }

  private refuse(reason: HandshakeRefusal, status: number): number {
    this.metrics.handshakeRefused(reason);
    return status;
  }
}

/** The first frame of a socket has no valid token. */
export class UnauthenticatedError extends InvalidRequestError {}

/** The authentication of one socket: its first frame must have a valid token where the guard needs one. */
export class AuthHandshake {
  private isFirst = true;
  private done: boolean;

  constructor(private readonly guard: Pick<FeedGuard, 'needsToken' | 'admits'>) {
    // A guard of a team that forgot this property must not open the feed.
    this.done = (guard.needsToken as unknown) === false;
  }

  /** Whether the client is authenticated, or need not be. */
  get isDone(): boolean {
    return this.done;
  }

  /**
   * Removes the token from the first frame, which may have one whether it is needed or not.
   *
   * @returns the other fields; undefined where there are none
   */
  withoutToken(frame: Record<string, unknown>): Record<string, unknown> | undefined {
    if (!this.isFirst) return frame;
    this.isFirst = false;
    const { token, ...rest } = frame;
    return token !== undefined && Object.keys(rest).length === 0 ? undefined : rest;
  }

  /**
   * Checks the token of the first frame.
   *
   * @throws UnauthenticatedError, and what the guard throws
   */
  async authenticate({ token }: Record<string, unknown>): Promise<void> {
    if (token === undefined) throw new UnauthenticatedError('The first frame must have a token.');
    if (typeof token !== 'string' || !(await this.guard.admits(token))) {
      throw new UnauthenticatedError('The token is not valid.');
    }
    this.done = true;
  }
}

/**
 * Sockets whose clients are not authenticated yet, limited in all and by address. One above the limit evicts the
 * oldest: a client that has a token sends it at once. If new ones were refused instead, a hundred clients without a
 * token could keep all others out.
 */
export class UnauthenticatedSockets<Socket> {
  /** The address of each, IPv6 by its network. The oldest is first. */
  private readonly addresses = new Map<Socket, string>();

  constructor(private readonly limits: Pick<FeedLimits, 'waitingSockets' | 'waitingSocketsOfAddress'>) {}

  get size(): number {
    return this.addresses.size;
  }

  /** @returns the socket to evict */
  add(socket: Socket, address: string): Socket | undefined {
    const group = addressGroup(address);
    const evicted = this.toEvictFor(group);
    if (evicted !== undefined) this.addresses.delete(evicted);
    this.addresses.set(socket, group);
    return evicted;
  }

  /** @returns whether it was among them */
  delete(socket: Socket): boolean {
    return this.addresses.delete(socket);
  }

  private toEvictFor(group: string): Socket | undefined {
    const { waitingSockets, waitingSocketsOfAddress } = this.limits;
    const all = [...this.addresses];
    const ofAddress = all.filter(([, address]) => address === group);
    if (ofAddress.length >= waitingSocketsOfAddress) return ofAddress[0]?.[0];
    return all.length >= waitingSockets ? all[0]?.[0] : undefined;
  }
}
