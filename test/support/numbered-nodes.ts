import { setTimeout as sleep } from 'node:timers/promises';
import { onDatabase } from './on-database.js';
import { FakeNode } from './fake-node.js';

export interface Tally {
  /** Messages that are stored more than once. */
  twice: number;
  /** Messages that were sent and are not stored. */
  missing: number;
  stored: number;
}

/** Nodes that send uniquely numbered messages at a rate, come back when they are cut off, and know what they sent. */
export class NumberedNodes {
  private readonly abort = new AbortController();
  private readonly running: Promise<void>[];
  private next = 0;
  /** Numbers that a socket took before it saw a close frame. */
  readonly sent: number[] = [];
  connects = 0;

  /**
   * @param rate messages a second, of all nodes together
   * @param paths shared out among the nodes
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

  /** Stops sending, and says goodbye. */
  async stop(): Promise<void> {
    this.abort.abort();
    await Promise.all(this.running);
  }

  /** Compares what was sent with what is stored. */
  async tally(databaseUrl: string): Promise<Tally> {
    return await onDatabase(databaseUrl, async (client) => {
      const { rows } = await client.query<{ n: number; times: string }>(
        `SELECT (logs->>'number')::int AS n, count(*) AS times FROM tetcore_logs WHERE msg = 'test.numbered' GROUP BY 1`,
      );
      const stored = new Map(rows.map(({ n, times }) => [n, Number(times)]));
      return {
        stored: stored.size,
        twice: [...stored.values()].filter((times) => times > 1).length,
        missing: this.sent.filter((n) => !stored.has(n)).length,
      };
    });
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
      // A socket that the server does not read from is not written to without end.
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
