import { Random } from '../../src/simulator/random/random.js';
import { type ConnectionSnapshot, messageTuple, typeNumber } from '../../src/storage/index.js';
import { batch, newConnectionId, snapshot, type TestRow } from '../support/batches.js';
import type { TestStorage } from '../support/test-storage.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const STATE = typeNumber('system.network_state');

/** Peers that reports contain; the last ones are unusual, or are contained by few. */
export const PEERS = [
  'QmA',
  'QmB',
  'QmC',
  'QmD',
  'QmE',
  'a "b"',
  '__proto__',
  'x'.repeat(5_000),
  'QmRare',
  'QmNobody',
];

interface Report {
  connection: number;
  /** Milliseconds since the epoch. */
  createdAt: number;
  receivedAt: number;
  logs: string;
}

interface Reporter {
  snapshot: ConnectionSnapshot;
  reports: Report[];
}

/** What some nodes reported of their peers: a random history, the same for each seed. */
export class ReportHistory {
  readonly reporters: readonly Reporter[];
  private readonly random: Random;

  /** @param hours that it is long */
  constructor(
    seed: number,
    private readonly now: number,
    private readonly hours: number,
  ) {
    this.random = new Random(seed, 'reports');
    this.reporters = Array.from({ length: 9 }, (_, index) => this.reporter(index));
  }

  /** Ages in seconds at which no report will be for two minutes. */
  get ages(): number[] {
    const all = this.reporters
      .flatMap(({ reports }) => reports.map(({ createdAt }) => this.now - createdAt))
      .sort((a, b) => a - b);
    return all
      .filter((age, index) => (all[index + 1] ?? Infinity) - age > 150_000)
      .map((age) => Math.floor(age / 1000) + 140)
      .filter((age) => age > 0);
  }

  /** Some hours have many reports of a connection, others few; each connection begins and ends somewhere. */
  private reporter(index: number): Reporter {
    const { random } = this;
    const id = newConnectionId();
    const audit = index % 4 === 1;
    // By its own clock: the times of its messages are wrong.
    const clockMs = index === 2 ? -3 * HOUR_MS : index === 5 ? 2 * HOUR_MS : 0;
    const peers = new Map<string, [reputation: string, connected: string]>();
    const reports: Report[] = [];
    for (
      let at = this.now - random.between(this.hours / 2, this.hours) * HOUR_MS;
      at < this.now - MINUTE_MS;
    ) {
      this.change(peers);
      const logs = this.message(peers);
      reports.push({ connection: id, createdAt: at + clockMs, receivedAt: at, logs });
      // At times two of one moment; at times an hour and more without any.
      at += random.chance(0.05)
        ? 0
        : random.chance(0.1)
          ? random.between(1, 4) * HOUR_MS
          : random.between(20, 600) * 1000;
      if (random.chance(0.2)) at = Math.round(at / MINUTE_MS) * MINUTE_MS;
    }
    const times = reports.map(({ createdAt }) => createdAt);
    return {
      reports,
      snapshot: snapshot({
        id,
        peerId: index === 8 ? null : `QmReporter${(index % 6).toString()}`,
        audit,
        types: [STATE],
        oldestCreatedAt: Math.min(...times),
        newestCreatedAt: Math.max(...times),
      }),
    };
  }

  private change(peers: Map<string, [string, string]>): void {
    const { random } = this;
    for (const peer of PEERS.slice(0, -1)) {
      if (!random.chance(peer === 'QmRare' ? 0.02 : 0.15)) continue;
      if (peers.has(peer) && random.chance(peer === 'QmRare' ? 0.9 : 0.3)) peers.delete(peer);
      else
        peers.set(peer, [this.reputation(), random.chance(0.95) ? random.chance(0.5).toString() : '"yes"']);
    }
  }

  private reputation(): string {
    const { random } = this;
    return random.chance(0.8)
      ? random.between(-3, 3).toString()
      : random.pick(['1e3', '1000', '-2147483648', '1.0', '0.5', '"7"', 'null', '-0', `1${'0'.repeat(40)}`]);
  }

  private message(peers: ReadonlyMap<string, readonly [string, string]>): string {
    const { random } = this;
    if (random.chance(0.04)) {
      return random.pick([
        '{}',
        '{"state":{}}',
        '{"state":{"peerset":{"nodes":[1]}}}',
        '{"state":{"peerset":{"sets":{}}}}',
        '{"state":{"peerset":{"nodes":{"QmA":[],"QmB":{"reputation":1}}}}}',
      ]);
    }
    const nodes = (some: Iterable<readonly [string, readonly [string, string]]>): string =>
      `{${[...some]
        .map(
          ([peer, [reputation, connected]]) =>
            `${JSON.stringify(peer)}:{"reputation":${reputation},"connected":${connected}}`,
        )
        .join(',')}}`;
    if (random.chance(0.5))
      return `{"${random.chance(0.1) ? 'network_state' : 'state'}":{"peerset":{"nodes":${nodes(peers)}}}}`;
    const other = [...peers]
      .filter(() => random.chance(0.3))
      .map(([peer]) => [peer, [this.reputation(), 'true']] as const);
    return `{"state":{"peerset":{"sets":[{"nodes":${nodes(peers)}},{"nodes":${nodes(other)}}]}}}`;
  }
}

/** Stores reports in one transaction, and first the connections. */
export async function storeReportsOf(
  storage: TestStorage,
  reporters: readonly Reporter[],
  reports: readonly Report[],
): Promise<void> {
  const rowOf = ({ connection, createdAt, receivedAt, logs }: Report): TestRow => ({
    at: createdAt,
    tuple: messageTuple(
      { createdAt: createdAt * 1000, receivedAt: receivedAt * 1000, connectionId: connection, type: STATE },
      Buffer.from(logs),
    ),
  });
  const isAudit = new Map(reporters.map(({ snapshot: { id, audit } }) => [id, audit]));
  const rows = (audit: boolean): TestRow[] =>
    reports.filter(({ connection }) => isAudit.get(connection) === audit).map(rowOf);
  await storage.store(
    batch({ expiring: rows(false), audit: rows(true), connections: reporters.map((one) => one.snapshot) }),
  );
}
