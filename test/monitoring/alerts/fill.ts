import { FakeNode } from '../../support/fake-node.js';
import { sumOf } from '../../support/metrics.js';
import type { ServerProcess } from '../../support/server-process.js';
import { waitUntil } from '../../support/wait-until.js';

const FILLER = 'x'.repeat(250_000);

/**
 * Sends large messages to a server whose database is away, until a metric of it is so high.
 *
 * @param metric without labels, such as `tetcore_journal_bytes`
 */
export async function fill(server: ServerProcess, metric: string, least: number): Promise<void> {
  const node = await FakeNode.connect(server.ws);
  const value = async (): Promise<number> =>
    sumOf(await (await fetch(`${server.http}/metrics`)).text(), metric);
  await waitUntil(
    async () => {
      // A server that holds its nodes back does not read.
      if (node.socket.bufferedAmount === 0) {
        for (let count = 0; count < 4; count += 1) void node.send({ msg: 'test.large', filler: FILLER });
      }
      return (await value()) >= least;
    },
    { what: `${metric} to be ${least.toString()}`, timeoutMs: 60_000 },
  );
  await node.terminate();
}
