import { Random } from '../../../src/simulator/random/random.js';
import { NUMBERED } from '../../delivery/fleet/numbered-message.js';
import { onDatabase } from '../../support/on-database.js';
import { readSlowly, visit } from './passing-roles.js';
import { FOLLOWED, type Pace, type Seat } from './seat.js';
import {
  followArrivals,
  followMean,
  followNetwork,
  followNode,
  type Steady,
  type StoredNumber,
} from './steady-roles.js';

export interface AudienceOptions {
  /** The server's address, without a path. */
  ws: string;
  seed: number;
  nodes: number;
  subscribers: number;
  pace: Pace;
}

/** Who sits where: over and over. */
const STEADY = { followNode, followNetwork, followMean, followArrivals };
const PASSING = { visit, readSlowly };
const ROLES: readonly (keyof typeof STEADY | keyof typeof PASSING)[] = [
  'followNode',
  'visit',
  'followNetwork',
  'readSlowly',
  'followMean',
  'followNode',
  'visit',
  'followArrivals',
  'readSlowly',
  'followNode',
];

/** Subscribers of the feed: some stay, some come and go, some hardly read. */
export class Audience {
  /** What should not have been. */
  readonly failures: string[] = [];
  /** Sockets so far. */
  opened = 0;
  /** Of these, slow readers that the server gave up. */
  dropped = 0;
  private readonly steady: { name: string; role: Steady }[] = [];

  constructor(private readonly options: AudienceOptions) {}

  /** Until it is told to stop, and those that come and go have gone. */
  async run(signal: AbortSignal): Promise<void> {
    const { subscribers, seed, ws, nodes, pace } = this.options;
    await Promise.all(
      Array.from({ length: subscribers }, async (_, index) => {
        const seat: Seat = {
          index,
          ws,
          nodes,
          pace,
          signal,
          random: new Random(seed, 'audience', index),
          opened: () => (this.opened += 1),
          dropped: () => (this.dropped += 1),
          fail: (what) => this.failures.push(`subscriber ${index}: ${what}`),
        };
        try {
          await this.take(seat);
        } catch (error) {
          seat.fail(`was not let in: ${String(error)}`);
        }
      }),
    );
  }

  /** When all nodes have gone and everything is stored: those that stayed are to have it all, and say goodbye. */
  async finish(databaseUrl: string): Promise<void> {
    const stored = await readNumbers(databaseUrl);
    await Promise.all(
      this.steady.map(async ({ name, role }) => {
        const wrong = await role.check(stored);
        wrong.push(...(await role.follower.leave()));
        this.failures.push(...wrong.map((what) => `${name} ${what}`));
      }),
    );
  }

  private async take(seat: Seat): Promise<void> {
    const role = ROLES[seat.index % ROLES.length] ?? 'visit';
    if (role in PASSING) await PASSING[role as keyof typeof PASSING](seat);
    else {
      const steady = await STEADY[role as keyof typeof STEADY](seat);
      this.steady.push({ name: `subscriber ${seat.index}`, role: steady });
    }
  }
}

/** What is stored of the nodes that are followed. */
async function readNumbers(databaseUrl: string): Promise<StoredNumber[]> {
  return await onDatabase(databaseUrl, async (client) => {
    const { rows } = await client.query<StoredNumber>(
      `SELECT (logs->>'node')::int AS node, (logs->>'number')::int AS number, extract(epoch FROM created_at)::float8 * 1000 AS at
         FROM tetcore_logs WHERE msg = $1 AND (logs->>'node')::int < $2`,
      [NUMBERED, FOLLOWED],
    );
    return rows;
  });
}
