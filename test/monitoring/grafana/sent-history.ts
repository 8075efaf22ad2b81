import { registerAllNodes } from '../../../src/registry/index.js';
import { readSettings } from '../../../src/platform/config/index.js';
import { DatabaseSink } from '../../../src/simulator/database/database-sink.js';
import {
  fill,
  SimulatedNetwork,
  type NetworkOptions,
  type NodeMessage,
  readScenario,
} from '../../../src/simulator/index.js';
import type { NodeProfile } from '../../../src/simulator/nodes/node-profile.js';
import { TestDatabase } from '../../support/databases.js';
import { onDatabase } from '../../support/on-database.js';
import { rebuildRange, rebuildSessionsOf } from '../../insight/simulated-history.js';

const HOUR_MS = 3_600_000;
const startAt = Date.UTC(2021, 1, 9, 9);

/** The chain whose past is shown. */
const CHAIN_OF_PAST = 'Simnet';

/** Partitions of days. */
const settings = readSettings({ LOG_EXPIRY_H: (100 * 24).toString(), NUM_THREADS: '4' });

const options: NetworkOptions = {
  scenario: readScenario({
    nodes: 16,
    audit: 0.25,
    chains: [
      {
        name: CHAIN_OF_PAST,
        slotSeconds: 20,
        weight: 2,
        transactions: { perSecond: 1 },
        forks: { chance: 0.03 },
        halts: [{ afterMinutes: 19 * 60 + 15, forMinutes: 5 }],
      },
      { name: "Let's Test", slotSeconds: 60, transactions: { perSecond: 0.5 } },
    ],
    software: { tetcore: 3, polkadot: 2, 'substrate-2': 2 },
    verbosity: { '0': 3, '9': 1 },
    reports: { intervalSeconds: 60, transactionsSeconds: 120, networkStateSeconds: 1_800 },
    traces: { blocks: 0.3, calls: [1, 2] },
    reconnecting: { share: 0.5, everyMinutes: 240, awaySeconds: [60, 600] },
    stuck: { share: 0.2, everyMinutes: 120, minutes: [8, 15] },
  }),
  seed: 4,
  startAt,
};

/** What nodes could call themselves and their chains, and would be a macro of Grafana. */
const HOSTILE = [{ chain: '$hostile(1)', genesis_hash: null }, { peer_id: '$hostile(2)' }];

/** Connections that ended a month before: so many that reading them all is the slower way. */
const LONG_ENDED = 50_000;

/** What was sent, as the simulator had it before anything was stored. */
export interface SentMessage {
  /** When, by the clock of the node: milliseconds since the epoch. */
  at: number;
  /** The label of its chain: nodes of one name are on two, since the oldest ones send no genesis hash. */
  chain: string;
  /** What identifies it. */
  key: string;
  peerId: string;
  name: string;
  /** The connection that it came by: a number of its own. */
  connection: string;
  msg: string;
  /** What `logs` has. */
  logs: Record<string, unknown>;
}

/** A database with two days of two chains, and the messages that were sent in the time range of the tests. */
export class SentHistory implements AsyncDisposable {
  /** The time range of the queries: part of the second day, so that there are partitions before and after it. */
  static readonly from = new Date(startAt + 18 * HOUR_MS);
  static readonly to = new Date(startAt + 24 * HOUR_MS);
  private static readonly end = startAt + 42 * HOUR_MS;

  private constructor(
    readonly database: TestDatabase,
    /** Messages from `from` to `to`. */
    readonly sent: readonly SentMessage[],
    /** What identifies the chains, and the labels of them. */
    readonly chains: ReadonlyMap<string, string>,
  ) {}

  static async fill(): Promise<SentHistory> {
    const database = TestDatabase.missing();
    const sink = await DatabaseSink.open({ url: database.url, settings });
    await fill(new SimulatedNetwork(options), sink, { endAt: SentHistory.end });
    await sink.end();
    // A history has one server, which ran now.
    await database.query(
      `INSERT INTO collectors (number, id, host, version, started_at, last_seen_at, stopped_at)
       SELECT 2100000 - number, md5('host-' || number)::uuid, 'host-' || number, '0.2.0', $1::timestamptz + number * interval '2 h',
              $1::timestamptz + number * interval '2 h' + interval '110 min',
              CASE WHEN number % 2 = 0 THEN $1::timestamptz + number * interval '2 h' + interval '115 min' END
         FROM generate_series(-1, 4) AS number`,
      [SentHistory.from],
    );
    // One gap of each cause in the range: the first began before it, the last goes on. And one before, one after it.
    await database.query(
      `INSERT INTO observer_gaps (id, collector, cause, began_at, ended_at)
       SELECT md5('gap-' || began)::uuid, 2100000 - number, cause,
              $1::timestamptz + began * interval '1 min', $1::timestamptz + ended * interval '1 min'
         FROM (VALUES (0, 'down', -90, -80), (0, 'sockets_lost', -5, 5), (1, 'paused', 60, 60.5),
                      (2, 'down', 110, NULL), (3, 'down', 500, 510)) AS gap (number, cause, began, ended)`,
      [SentHistory.from],
    );
    // What was brought over all day long was no server.
    await database.query(
      `WITH source AS (INSERT INTO imports (source, run) VALUES (md5('source')::uuid, md5('run')::uuid) RETURNING source)
       INSERT INTO collectors (number, id, host, version, started_at, last_seen_at, stopped_at)
       SELECT 2050000, source, 'importing', '0.2.0', $1, $2, $2 FROM source`,
      [SentHistory.from, SentHistory.to],
    );
    for (const name of HOSTILE) {
      await database.query(
        `INSERT INTO peer_connections
         SELECT (jsonb_populate_record(one, $2)).* FROM peer_connections AS one
          WHERE created_at < $1 AND ended_at > $1 AND chain <> $3 ORDER BY created_at, id LIMIT 1`,
        [
          SentHistory.from,
          { ...name, id: await unusedId(database), ended_at: SentHistory.from },
          CHAIN_OF_PAST,
        ],
      );
    }
    await onDatabase(database.url, registerAllNodes);
    const [rebuiltFrom, rebuiltTo] = [
      SentHistory.from.getTime() - HOUR_MS,
      SentHistory.to.getTime() + HOUR_MS,
    ];
    await rebuildRange(database, rebuiltFrom, rebuiltTo);
    await rebuildSessionsOf(database, rebuiltFrom, rebuiltTo);
    await database.query(
      `INSERT INTO peer_connections
       SELECT past.*
         FROM peer_connections AS one, generate_series(1, $2::int) AS number,
              LATERAL (SELECT $1::timestamptz - interval '30 d' - number * interval '1 min' AS at) AS long_ago,
              LATERAL jsonb_populate_record(one, jsonb_build_object(
                'id', $3::bigint + number, 'peer_id', 'past-' || number, 'created_at', at, 'oldest_created_at', at,
                'newest_created_at', at, 'first_message_at', at, 'last_message_at', at, 'ended_at', at)) AS past
        WHERE one.id = (SELECT id FROM peer_connections ORDER BY created_at, id LIMIT 1)`,
      [SentHistory.from, LONG_ENDED, await unusedId(database)],
    );
    await database.query('VACUUM ANALYZE');
    return new SentHistory(database, ...sentMessages());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database[Symbol.asyncDispose]();
  }
}

/** The id of a connection that comes beside those that are there, and those above it. */
export async function unusedId(database: TestDatabase): Promise<number> {
  const [row] = await database.query<{ id: number }>(
    'SELECT max(id)::float8 + 1 AS id FROM peer_connections',
  );
  return row?.id ?? 1;
}

function sentMessages(): [SentMessage[], Map<string, string>] {
  const network = new SimulatedNetwork(options);
  const labels = labelsOf(network.nodes.map(({ profile }) => profile));
  const sent: SentMessage[] = [];
  const opened = new Map<number, number>();
  for (const event of network.events()) {
    // A clock is some milliseconds off.
    if (event.at >= SentHistory.to.getTime() + 10_000) break;
    if (event.kind === 'connected') opened.set(event.host.index, (opened.get(event.host.index) ?? 0) + 1);
    if (event.kind !== 'message') continue;
    const one = sentMessageOf(event, opened.get(event.node.host) ?? 0, labels);
    if (one.at >= SentHistory.from.getTime() && one.at <= SentHistory.to.getTime()) sent.push(one);
  }
  return [sent, labels];
}

function keyOf({ chain, software }: NodeProfile): string {
  return software.details === 'none' ? `name:${chain.name}` : chain.genesisHash;
}

/** Labels of chains by what identifies them: names, with the begin of the hash where several chains have one name. */
function labelsOf(profiles: readonly NodeProfile[]): Map<string, string> {
  const names = new Map(profiles.map((profile) => [keyOf(profile), profile.chain.name]));
  const labels = [...names].map(([key, name]): [string, string] => {
    const several = [...names.values()].filter((other) => other === name).length > 1;
    const short = key.startsWith('name:') ? 'no hash' : key.slice(0, 10);
    return [key, several ? `${name} (${short})` : name];
  });
  return new Map(labels);
}

function sentMessageOf(
  { node, msg, text }: NodeMessage,
  opened: number,
  labels: ReadonlyMap<string, string>,
): SentMessage {
  const frame = JSON.parse(text) as { ts: string; payload?: Record<string, unknown> };
  const { profile } = node;
  return {
    at: Date.parse(frame.ts),
    chain: labels.get(keyOf(profile)) ?? '',
    key: keyOf(profile),
    peerId: profile.peerId,
    name: profile.name,
    connection: `${profile.peerId} ${opened}`,
    msg,
    logs: frame.payload ?? { ...frame },
  };
}
