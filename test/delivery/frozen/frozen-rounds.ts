import { setTimeout as sleep } from 'node:timers/promises';
import { NumberedMessages } from '../../support/numbered-messages.js';
import { ContainedServer } from './contained-server.js';

/** A second server is to refuse by then: milliseconds. */
const REFUSAL_MS = 60_000;
/** One that finds a PostgreSQL running that it cannot see gives that some seconds to end. */
const UNSEEN_MS = 90_000;
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
  const numbers = new NumberedMessages();

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
    await numbers.send(server.ws, MESSAGES);
    await server.freeze();
    const frozenUntil = performance.now() + frozenMs;
    await refusedWhileFrozen();
    await sleep(Math.max(0, frozenUntil - performance.now()));
    await refusedWhileFrozen();
    await server.thaw();
    await server.isReady();
    await numbers.send(server.ws, MESSAGES);
    await numbers.areStored(await server.databaseUrl());
    const code = await server.stop();
    if (code !== 0) result.problems.push(`The first server ended with ${code}, and said:\n${server.log}`);
    log(`Round ${round}: ${numbers.sent} messages, refused within ${result.refusedMs} ms.`);
  }

  {
    await using server = await ContainedServer.spawn(dataDir, { main, outlived: true });
    await server.isReady();
    await numbers.send(server.ws, MESSAGES);
    await server.killServer();
    await refused(/in use by a PostgreSQL in another container/, UNSEEN_MS);
  }
  await using last = await ContainedServer.spawn(dataDir, { main });
  await last.isReady();
  const { missing, twice } = await numbers.areStored(await last.databaseUrl());
  Object.assign(result, { sent: numbers.sent, missing, twice });
  const code = await last.stop();
  if (code !== 0) result.problems.push(`The last server ended with ${code}, and said:\n${last.log}`);
  return result;
}
