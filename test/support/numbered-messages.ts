import { setTimeout as sleep } from 'node:timers/promises';
import { FakeNode } from './fake-node.js';
import { onDatabase } from './on-database.js';
import { waitUntil } from './wait-until.js';

const STORED_MS = 30_000;

export interface Found {
  /** Messages that were sent, or acknowledged by a pong, and are not stored. */
  missing: number;
  /** Messages that are stored more than once. */
  twice: number;
}

/** Sends uniquely numbered messages, each of which the server has acknowledged by a pong. */
export class NumberedMessages {
  sent = 0;

  /** Sends messages, and waits for the pong after them. */
  async send(ws: string, count: number): Promise<void> {
    const node = await FakeNode.connect(`${ws}/audit`);
    await node.sendConnected({ network_id: 'QmNumbered' });
    for (let message = 0; message < count; message += 1) {
      this.sent += 1;
      await node.sendV1({ msg: 'test.numbered', number: this.sent });
    }
    const answered = new Promise((resolve) => node.socket.once('pong', resolve));
    node.socket.ping();
    await answered;
    await node.close();
  }

  /** Waits until all messages are stored. After a timeout it returns the current numbers. */
  async areStored(databaseUrl: string): Promise<Found> {
    return await waitUntil(
      async () => {
        const found = await this.find(databaseUrl);
        return found.missing === 0 ? found : undefined;
      },
      { what: 'all messages to be stored', timeoutMs: STORED_MS, everyMs: 100 },
    ).catch(() => this.find(databaseUrl));
  }

  private async find(databaseUrl: string): Promise<Found> {
    const stored = await storedNumbers(databaseUrl);
    return { missing: this.sent - stored.size, twice: countTwice(stored) };
  }
}

/** Nodes that send uniquely numbered messages at a rate, reconnect, and record what they sent. */
export class NumberedNodes {
  private readonly abort = new AbortController();
  private readonly running: Promise<void>[];
  private next = 0;
  /** Numbers that a socket took before it saw a close frame. */
  readonly sent: number[] = [];
  connects = 0;

  /**
   * @param rate messages a second, of all nodes together
   * @param paths of the nodes, in turn
   */
  constructor(
    private readonly url: string,
    private readonly nodes: number,
    private readonly rate: number,
    private readonly paths: readonly string[] = ['/', '/audit'],
  ) {
    this.running = Array.from({ length: nodes }, (_, index) => this.run(index));
  }

  private get stopping(): boolean {
    return this.abort.signal.aborted;
  }

  /** Stops sending, and closes the sockets. */
  async stop(): Promise<void> {
    this.abort.abort();
    await Promise.all(this.running);
  }

  /** Compares what was sent with what is stored. */
  async tally(databaseUrl: string): Promise<Found & { stored: number }> {
    const stored = await storedNumbers(databaseUrl);
    return {
      stored: stored.size,
      twice: countTwice(stored),
      missing: this.sent.filter((number) => !stored.has(number)).length,
    };
  }

  private async run(index: number): Promise<void> {
    const path = this.paths[index % this.paths.length] ?? '/';
    while (!this.stopping) {
      let node: FakeNode;
      try {
        node = await FakeNode.connect(this.url + path);
        this.connects += 1;
      } catch {
        await sleep(100);
        continue;
      }
      await node.sendConnected({ network_id: `QmNumbered${index}` }).catch(() => undefined);
      await this.speak(node);
      await node.close();
    }
  }

  private async speak(node: FakeNode): Promise<void> {
    const startedAt = performance.now();
    const perMs = this.rate / this.nodes / 1000;
    const isOpen = (): boolean => node.isOpen;
    for (let count = 0; isOpen() && !this.stopping;) {
      const due = Math.floor((performance.now() - startedAt) * perMs);
      // No more data for a socket that the server does not read.
      for (; count < due && isOpen() && node.socket.bufferedAmount < 65_536; count += 1) {
        const number = (this.next += 1);
        this.sent.push(number);
        void node.sendV1({ msg: 'test.numbered', number, filler: FILLER }).catch(() => undefined);
      }
      await sleep(5);
    }
  }
}

const FILLER = 'x'.repeat(150);

/** How often each number is stored. */
async function storedNumbers(databaseUrl: string): Promise<Map<number, number>> {
  return await onDatabase(databaseUrl, async (client) => {
    const { rows } = await client.query<{ number: number; times: number }>(
      `SELECT (logs->>'number')::int AS number, count(*)::int AS times
         FROM tetcore_logs WHERE msg = 'test.numbered' GROUP BY 1`,
    );
    return new Map(rows.map(({ number, times }) => [number, times]));
  });
}

function countTwice(stored: ReadonlyMap<number, number>): number {
  return [...stored.values()].filter((times) => times > 1).length;
}
