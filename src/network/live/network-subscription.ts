import type { Sending } from '../../feed/index.js';
import type { NodeField } from '../node-fields.js';
import type { NetworkView } from '../view/network-view.js';

/** What a socket gets of a chain. Who is behind gets the newest state, once. */
export class NetworkSubscription implements Sending {
  private readonly stop: () => void;
  private open = true;

  /**
   * @param stamp what it has: microseconds since the epoch by the database
   * @param onNews is called when there may be something to send
   */
  constructor(
    private readonly view: NetworkView,
    private readonly fields: readonly NodeField[],
    private stamp: number,
    private readonly onNews: (sending: Sending) => void,
  ) {
    this.stop = view.read(() => this.wake());
  }

  get isOpen(): boolean {
    return this.open;
  }

  wake(): void {
    this.onNews(this);
  }

  next(): { data: Buffer; rows: number } | undefined {
    const frame = this.view.frameAfter(this.stamp, this.fields);
    if (frame === undefined) return undefined;
    this.stamp = frame.stamp;
    return frame.rows < 0 ? undefined : frame;
  }

  end(): void {
    this.open = false;
    this.stop();
  }
}
