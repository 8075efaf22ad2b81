import { NodeConnection } from '../../telemetry/index.js';

/**
 * In simulated time. Half a minute, as of real nodes, would bring the news of each connection with nearly every
 * batch, and batches with news of the same connection wait for each other.
 */
const NEWS_INTERVAL_MS = 3_600_000;

/** A connection of the past, of which a server would have written more often. */
export class HistoryConnection extends NodeConnection {
  private nextNewsAt = -Infinity;

  override recordMessage(receivedAt: number, createdAt: number, type: number): boolean {
    const newType = !this.hasSent(type);
    const isNews = super.recordMessage(receivedAt, createdAt, type);
    // A row must have every type that is stored: readers look for no other.
    if (!isNews || (!newType && receivedAt < this.nextNewsAt)) return false;
    this.nextNewsAt = receivedAt + NEWS_INTERVAL_MS;
    return true;
  }
}
