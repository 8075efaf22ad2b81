import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';

/** Decides who may use the live feed. To decide otherwise give AccessModule another one. */
@Injectable()
export abstract class FeedGuard {
  /** Before the handshake. @returns the HTTP status to refuse with, or null to let in */
  abstract checkUpgrade(request: IncomingMessage): number | null;

  /** Whether the first frame is to have a token. */
  abstract get needsToken(): boolean;

  /** Whether somebody with this token may read. */
  abstract admits(token: string): boolean | Promise<boolean>;
}
