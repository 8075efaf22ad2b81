import { setTimeout as sleep } from 'node:timers/promises';
import { FeedClient } from '../../support/feed-client.js';
import { NetworkClient } from '../../support/network-client.js';

/** A client of the feed, and how its socket goes on. */
export class Follower<Client extends FeedClient | NetworkClient = FeedClient | NetworkClient> {
  private code: number | undefined;
  private readonly gone = new AbortController();

  private constructor(readonly client: Client) {
    client.socket.once('close', (code) => {
      this.code = code;
      this.gone.abort();
    });
  }

  static async ofMessages(ws: string): Promise<Follower<FeedClient>> {
    return new Follower(await FeedClient.connect(ws));
  }

  static async ofNetwork(ws: string): Promise<Follower<NetworkClient>> {
    const client = await NetworkClient.connect(ws);
    // All of them would be much, in time.
    client.socket.on('message', () => client.frames.splice(0));
    return new Follower(client);
  }

  /** The close code, once the socket has ended. */
  ended(): number | undefined {
    return this.code;
  }

  /** Waits, but no longer than the socket is there and nobody wants an end. */
  async stay(ms: number, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.gone.signal]);
    await sleep(ms, undefined, { signal: either }).catch(() => undefined);
  }

  /** Reads nothing for a time. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.client.socket.pause();
    await this.stay(ms, signal);
    this.client.socket.resume();
  }

  /** Says goodbye, and gives what was wrong: lines. */
  async leave(): Promise<string[]> {
    const { code, client } = this;
    const wrong = client.errors.map((error) => `was told: ${error}`);
    if (code !== undefined) return [...wrong, `was cut off with ${code}`];
    client.socket.close(1000);
    await this.stay(LEAVE_MS, NEVER);
    return this.gone.signal.aborted ? wrong : [...wrong, 'had no answer to its goodbye'];
  }
}

const LEAVE_MS = 10_000;
const NEVER = new AbortController().signal;
