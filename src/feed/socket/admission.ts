import type { FeedGuard } from '../../platform/access/index.js';
import { InvalidRequestError } from '../feed-request.js';

/** The first frame of a socket has no token in it that is known. */
export class NotAdmittedError extends InvalidRequestError {}

/** Whether a client may be served: the first frame of its socket says so, where the guard asks for a token. */
export class Admission {
  private isFirst = true;
  private given: boolean;

  constructor(private readonly guard: Pick<FeedGuard, 'needsToken' | 'admits'>) {
    // A guard that does not say so has not opened the feed.
    this.given = (guard.needsToken as unknown) === false;
  }

  get isGiven(): boolean {
    return this.given;
  }

  /**
   * Takes the token out of the first frame, where it may be whether one is needed or not.
   *
   * @returns the rest; undefined where that is nothing
   */
  take(frame: Record<string, unknown>): Record<string, unknown> | undefined {
    if (!this.isFirst) return frame;
    this.isFirst = false;
    const { token, ...rest } = frame;
    return token !== undefined && Object.keys(rest).length === 0 ? undefined : rest;
  }

  /**
   * Asks the guard about the token of the first frame.
   *
   * @throws NotAdmittedError, and what the guard throws
   */
  async check({ token }: Record<string, unknown>): Promise<void> {
    if (token === undefined) throw new NotAdmittedError('The first frame must contain a token.');
    if (typeof token !== 'string' || !(await this.guard.admits(token))) {
      throw new NotAdmittedError('The token is invalid.');
    }
    this.given = true;
  }
}
