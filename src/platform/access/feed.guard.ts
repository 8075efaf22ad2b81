import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';

/**
 * Decides who may use the live feed. To decide otherwise give AccessModule another one, or give the one of the HTTP API
 * these methods. Both may take their time, to ask elsewhere: as many clients wait for that as may wait for their token,
 * and none longer than it has to show one.
 */
@Injectable()
export abstract class FeedGuard {
  /** Before the handshake. @returns the HTTP status to refuse with, or null to let in */
  abstract checkUpgrade(request: IncomingMessage): number | null | Promise<number | null>;

  /** Whether the first frame is to have a token. Browsers can show none in the handshake. */
  abstract get needsToken(): boolean;

  /** Whether a client with this token may read. */
  abstract admits(token: string): boolean | Promise<boolean>;
}
