import { setTimeout as sleep } from 'node:timers/promises';
import { FakeNode } from '../../support/fake-node.js';
import { onDatabase } from '../../support/on-database.js';
import { waitUntil } from '../../support/wait-until.js';
import { ContainedServer } from './contained-server.js';

/** A second server is to refuse by then: milliseconds. */
const REFUSAL_MS = 10_000;
/** One that finds a PostgreSQL running that it cannot see gives that some seconds to end. */
const UNSEEN_MS = 25_000;
const STORED_MS = 30_000;
const MESSAGES = 50;

export interface FrozenOptions {
  /** Where both servers have their files. */
  dataDir: string;
  rounds: number;
  frozenMs: number;
  main?: string | undefined;
  log?: (line: string) => void;
}

export interface FrozenResult {
  sent: number;
  missing: number;
  twice: number;
  /** What else went wrong. */
  problems: string[];
  /** How long the second server took to refuse while the first was frozen: milliseconds, the longest. */
  refusedMs: number;
}

/**
 * Two servers on one `DATA_DIR`, each in namespaces of its own. In each round one is frozen, the other is started and is
 * to refuse, and the first goes on where it was. At last the first is killed and its PostgreSQL is not: that keeps the
 * other away as well.
 */
export async function playFrozenRounds({
  dataDir,
  rounds,
  frozenMs,
  main,
  log = () => undefined,
}: FrozenOptions): Promise<FrozenResult> {
  const result: FrozenResult = { sent: 0, missing: 0, twice: 0, problems: [], refusedMs: 0 };
  const numbers = new Numbers();

  /** @returns how long that took: milliseconds */
  const refused = async (what: RegExp, limitMs: number): Promise<number> => {
    await using other = await ContainedServer.spawn(dataDir, { main });
    const startedAt = performance.now();
    const code = await Promise.race([other.exited, sleep(limitMs, 'nothing')]);
    const tookMs = Math.round(performance.now() - startedAt);
    if (code !== 1 || !what.test(other.log)) {
      result.problems.push(`The second server ended with ${code}, and said:\n${other.log}`);
    }
    return tookMs;
  };
  const refusedWhileFrozen = async (): Promise<void> => {
    const tookMs = await refused(/The directory .* is in use: process 1 on host/, REFUSAL_MS);
    result.refusedMs = Math.max(result.refusedMs, tookMs);
  };

  for (let round = 1; round <= rounds; round += 1) {
    await using server = await ContainedServer.spawn(dataDir, { main });
    await server.isReady();
    await numbers.send(server);
    await server.freeze();
    const frozenUntil = performance.now() + frozenMs;
    await refusedWhileFrozen();
    await sleep(Math.max(0, frozenUntil - performance.now()));
    await refusedWhileFrozen();
    await server.thaw();
    await server.isReady();
    await numbers.send(server);
    await numbers.areStored(await server.databaseUrl());
    const code = await server.stop();
    if (code !== 0) result.problems.push(`The first server ended with ${code}, and said:\n${server.log}`);
    log(`Round ${round}: ${numbers.sent} messages, refused within ${result.refusedMs} ms.`);
  }

  {
    await using server = await ContainedServer.spawn(dataDir, { main, outlived: true });
    await server.isReady();
    await numbers.send(server);
    await server.killServer();
    await refused(/in use by a PostgreSQL that cannot be seen from here/, UNSEEN_MS);
  }
  await using last = await ContainedServer.spawn(dataDir, { main });
  await last.isReady();
  const { missing, twice } = await numbers.areStored(await last.databaseUrl());
  Object.assign(result, { sent: numbers.sent, missing, twice });
  const code = await last.stop();
  if (code !== 0) result.problems.push(`The last server ended with ${code}, and said:\n${last.log}`);
  return result;
}

/** Messages that a server has answered for, each with a number of its own. */
class Numbers {
  sent = 0;

  async send(server: ContainedServer): Promise<void> {
    const node = await FakeNode.connect(`${server.ws}/audit`);
    await node.sendConnected({ network_id: 'QmFrozen' });
    for (let count = 0; count < MESSAGES; count += 1) {
      this.sent += 1;
      await node.sendV1({ msg: 'test.numbered', number: this.sent });
    }
    // It follows what is safe.
    const answered = new Promise((resolve) => node.socket.once('pong', resolve));
    node.socket.ping();
    await answered;
    await node.close();
  }

  /** Waits until all are stored; what the database has where that takes too long. */
  async areStored(databaseUrl: string): Promise<{ missing: number; twice: number }> {
    const read = async (): Promise<{ missing: number; twice: number }> =>
      await onDatabase(databaseUrl, async (client) => {
        const { rows } = await client.query<{ number: number; times: number }>(
          `SELECT (logs->>'number')::int AS number, count(*)::int AS times FROM tetcore_logs
           WHERE msg = 'test.numbered' GROUP BY 1`,
        );
        return {
          missing: this.sent - rows.length,
          twice: rows.filter(({ times }) => times > 1).length,
        };
      });
    return await waitUntil(
      async () => {
        const found = await read();
        return found.missing === 0 ? found : undefined;
      },
      { what: 'all messages to be stored', timeoutMs: STORED_MS, everyMs: 100 },
    ).catch(read);
  }
}
