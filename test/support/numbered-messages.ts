import { FakeNode } from './fake-node.js';
import { onDatabase } from './on-database.js';
import { waitUntil } from './wait-until.js';

const STORED_MS = 30_000;

export interface Found {
  /** Messages that were answered for and are not stored. */
  missing: number;
  /** Messages that are stored more than once. */
  twice: number;
}

/** Messages that a server has answered for with a pong, each with a number of its own. */
export class NumberedMessages {
  sent = 0;

  /** Sends so many, and waits until the server says that they are safe. */
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

  /** Waits until all are stored; where that takes too long, it gives what there is. */
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
    return await onDatabase(databaseUrl, async (client) => {
      const { rows } = await client.query<{ times: number }>(
        `SELECT count(*)::int AS times FROM tetcore_logs WHERE msg = 'test.numbered' GROUP BY logs->>'number'`,
      );
      return { missing: this.sent - rows.length, twice: rows.filter(({ times }) => times > 1).length };
    });
  }
}
