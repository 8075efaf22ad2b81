import { Injectable } from '@nestjs/common';
import { FairQueueByAddress, type FeedClient } from '../cache/turns.js';
import { FeedLimits } from '../feed-limits.js';
import { SendBudget } from './send-budget.js';

/** After a turn: there is nothing to do for now, more to do, or something to send once the budget has room. */
export type TurnResult = 'done' | 'more' | 'held';

export interface TurnTaker extends FeedClient {
  /** Handles one frame, of the client or for it. */
  turn(): TurnResult;
}

/**
 * The work of all sockets of the feed, a frame at a time, in turns by address and socket. It has a few milliseconds of
 * each round of the event loop, so that nodes and HTTP come first however many sockets want something.
 */
@Injectable()
export class SocketTurns {
  private readonly turns = new FairQueueByAddress<TurnTaker>();
  private readonly held = new Set<TurnTaker>();
  private isScheduled = false;

  constructor(
    private readonly limits: FeedLimits,
    budget: SendBudget,
  ) {
    budget.onRoom = () => this.release();
  }

  /** Has it take a turn in the next round. What is new until then goes in one frame. */
  add(socket: TurnTaker): void {
    if (this.held.has(socket)) this.held.delete(socket);
    this.turns.add(socket, socket);
    this.schedule();
  }

  private release(): void {
    for (const socket of this.held) this.turns.add(socket, socket);
    this.held.clear();
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.run();
    });
  }

  private run(): void {
    const until = performance.now() + this.limits.sliceMs;
    do {
      const socket = this.turns.take()?.item;
      if (socket === undefined) return;
      const result = socket.turn();
      if (result === 'more') this.turns.add(socket, socket);
      else if (result === 'held') this.held.add(socket);
    } while (performance.now() < until);
    this.schedule();
  }
}
