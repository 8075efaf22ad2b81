import { v7 as uuidv7 } from 'uuid';
import { NodeConnection } from '../../telemetry/index.js';

/**
 * In simulated time. Half a minute, as of real nodes, would bring the news of each connection with nearly every
 * batch, and batches with news of the same connection wait for each other.
 */
const NEWS_INTERVAL_MS = 3_600_000;

/** A connection of the past: its id says when it was made, as that of a real one does. */
export class HistoryConnection extends NodeConnection {
  override readonly id = uuidv7({ msecs: this.origin.createdAt });
  private nextNewsAt = -Infinity;

  override heard(receivedAt: number, createdAt: number): boolean {
    if (!super.heard(receivedAt, createdAt) || receivedAt < this.nextNewsAt) return false;
    this.nextNewsAt = receivedAt + NEWS_INTERVAL_MS;
    return true;
  }
}
