import type { ClientBase } from 'pg';
import { Random } from '../../../src/simulator/random/random.js';
import { networkStates } from '../../support/messages.js';
import { insertMessages } from '../../support/tables.js';
import type { Cast, Peer } from './cast.js';
import { SEED } from './cast.js';

/** Peers that a network state says something of, as in a real one. */
const ENTRIES = 1_250;
const CONNECTED = 40;
/** Of a second set, which has some of the same peers. */
const SECOND_STEP = 8;
const AT_ONCE = 10;

export interface Report {
  reporter: number;
  at: Date;
}

/** Writes network states of 168 kB: of every second reporter as Substrate 2.0 sends them, of the others in sets. */
export async function writeReports(
  client: ClientBase,
  cast: Cast,
  reports: readonly Report[],
): Promise<void> {
  const directory = [...cast.peers.map(({ peerId }) => peerId), ...cast.others];
  for (let first = 0; first < reports.length; first += AT_ONCE) {
    const some = reports.slice(first, first + AT_ONCE);
    await client.query(
      insertMessages(
        'logs_expiring',
        {
          at: 'at',
          connection: `(SELECT id FROM peer_connections AS connection
                WHERE connection.peer_id = report.peer_id AND connection.created_at <= at
                ORDER BY connection.created_at DESC LIMIT 1)`,
          msg: "'system.network_state'",
          logs: 'logs',
        },
        'FROM unnest($1::timestamptz[], $2::text[], $3::jsonb[]) AS report (at, peer_id, logs)',
      ),
      [
        some.map(({ at }) => at),
        some.map(({ reporter }) => reporterOf(cast, reporter).peerId),
        some.map((report) => reportText(cast, directory, report)),
      ],
    );
  }
}

/** The peer that every report says something of. */
export function reportedByAll(cast: Cast): Peer {
  const [first] = cast.ordinary;
  if (first === undefined) throw new RangeError('There are no ordinary peers.');
  return first;
}

function reportText(cast: Cast, directory: readonly string[], { reporter, at }: Report): string {
  const random = new Random(SEED, 'report', reporter, at.getTime());
  const start = reporter * 13;
  const known = new Set([reportedByAll(cast).peerId]);
  for (let step = 0; known.size < ENTRIES; step += 1) {
    known.add(directory[(start + step) % directory.length] ?? '');
  }
  const entries = [...known].map((peerId, index): [string, object] => [peerId, reputationOf(index, random)]);
  const nodes = Object.fromEntries(entries);
  const second = Object.fromEntries(entries.filter((_, index) => index % SECOND_STEP === 0));
  const peerset =
    reporter % 2 === 0
      ? { nodes, reserved_only: false, message_queue: 0 }
      : {
          sets: [nodes, second].map((set) => ({ nodes: set, reserved_nodes: [], reserved_only: false })),
          message_queue: 0,
        };
  const { state, ...message } = networkStates[0] as { state: object };
  const { peerId } = reporterOf(cast, reporter);
  return JSON.stringify({ ...message, ts: at.toISOString(), state: { ...state, peerId, peerset } });
}

function reputationOf(index: number, random: Random): { connected: boolean; reputation: number } {
  if (index % Math.floor(ENTRIES / CONNECTED) === 0) {
    return { connected: true, reputation: random.between(0, 20_000) };
  }
  const reputation = random.chance(0.7)
    ? -2_646
    : random.chance(0.1)
      ? -2_147_483_648
      : random.between(-40_000, 0);
  return { connected: false, reputation };
}

function reporterOf(cast: Cast, index: number): Peer {
  const peer = cast.reporters[index];
  if (peer === undefined) throw new RangeError(`There is no reporter ${index.toString()}.`);
  return peer;
}
