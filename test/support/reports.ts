import { type ConnectionSnapshot, typeNumber } from '../../src/storage/index.js';
import { batch, newConnectionId, row, snapshot } from './batches.js';
import type { TestDatabase } from './databases.js';
import type { TestServer } from './test-server.js';
import { TestStorage } from './test-storage.js';

/** The `system.network_state` messages of a connection. */
export interface Reporter {
  peerId: string | null;
  audit?: boolean;
  /** Each with its age in milliseconds, and the message less its type: an object, or its JSON. */
  reports: readonly { age: number; said: object | string }[];
  /** What is special about the connection. */
  given?: Partial<ConnectionSnapshot>;
}

export interface Said {
  reputation: bigint;
  connected: boolean;
}

/** An object of GET /reputation, with numbers of any size. */
export interface Listed {
  reporting_peer: string;
  ts: string;
  peers: Map<string, Said>;
}

/** As Substrate 2.0 says it. */
export const oneSet = (nodes: object): object => ({ state: { peerset: { nodes } } });

/** As Substrate 3.0 and Tetcore 2.1 say it. */
export const severalSets = (...sets: object[]): object => ({
  state: { peerset: { sets: sets.map((nodes) => ({ nodes, reserved_nodes: [], reserved_only: false })) } },
});

/** Stores what reporters say; `now` is what ages are counted from: milliseconds since the epoch. */
export async function storeReports(
  database: TestDatabase,
  reporters: readonly Reporter[],
  now = Date.now(),
): Promise<void> {
  await using storage = new TestStorage(database.url);
  for (const { peerId, audit = false, reports, given = {} } of reporters) {
    const id = newConnectionId();
    const times = reports.map(({ age }) => now - age);
    const rows = reports.map(({ said }, index) =>
      row({
        at: times[index] ?? now,
        connectionId: id,
        msg: 'system.network_state',
        logs: typeof said === 'string' ? said : JSON.stringify({ msg: 'system.network_state', ...said }),
      }),
    );
    const connection = snapshot({
      id,
      peerId,
      audit,
      types: [typeNumber('system.network_state')],
      oldestCreatedAt: Math.min(now, ...times),
      newestCreatedAt: times.length === 0 ? now : Math.max(...times),
      ...given,
    });
    await storage.store(batch({ [audit ? 'audit' : 'expiring']: rows, connections: [connection] }));
  }
}

/** What GET /reputation or GET /reputation/logged answers. */
export async function listed(server: TestServer, path: string): Promise<Listed[]> {
  const answer = await successful(server, path);
  return (answer as Record<string, unknown>[]).map((object) => {
    const { reporting_peer, remote_peer, reputation, connected, ts } = object as {
      reporting_peer: string;
      remote_peer: string[];
      reputation: string[];
      connected: boolean[];
      ts: string;
    };
    const peers = new Map(
      remote_peer.map((peer, index) => [
        peer,
        { reputation: BigInt(reputation[index] ?? ''), connected: connected[index] === true },
      ]),
    );
    if ([peers.size, reputation.length, connected.length].some((size) => size !== remote_peer.length)) {
      throw new Error(`The lists of ${reporting_peer} are not in step.`);
    }
    return { reporting_peer, ts, peers };
  });
}

/** What GET /reputation/{peer_id} answers. */
export async function history(
  server: TestServer,
  peerId: string,
  query: Record<string, string> = {},
): Promise<({ reporting_peer: string; ts: string } & Said)[]> {
  const path = `/reputation/${encodeURIComponent(peerId)}?${new URLSearchParams(query).toString()}`;
  const answer = await successful(server, path);
  return (answer as { reporting_peer: string; ts: string; reputation: string; connected: boolean }[]).map(
    ({ reputation, ...rest }) => ({ ...rest, reputation: BigInt(reputation) }),
  );
}

/** The body as JSON, its numbers as texts. */
async function successful(server: TestServer, path: string): Promise<unknown> {
  const answer = await server.get(path);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status.toString()} ${text}`);
  return JSON.parse(
    text.replace(/"(?:[^"\\]|\\.)*"|-?\d+/g, (part) => (part.startsWith('"') ? part : `"${part}"`)),
  );
}
