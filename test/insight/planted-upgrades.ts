import type { TestDatabase } from '../support/databases.js';

const HOUR_MS = 3_600_000;
const BINS = 24;
/** Where bins of counts begin, by docs/schema.md. */
const BOUNDS = [0, 1, 2, 3, 4, 6, 8, 12, 16, 23, 32, 46, 64, 91, 128, 182, 256, 363, 512, 725, 1_024, 1_449];

/** What all minutes, and all 100 blocks of an hour have in common. */
export interface PlantedHour {
  delayBin: number;
  /** Of 100 blocks. */
  arrived: number;
  lag: number;
  behind: number;
  peers: number;
  /** Bytes a second. */
  download: number;
}

/** A node with its sessions, each of another process. Times are milliseconds since the epoch. */
export interface PlantedUpgrade {
  peerId: string;
  sessions: readonly { from: number; to: number; version: string }[];
  hourAt: (hour: number) => PlantedHour;
}

export interface PlantedUpgrades {
  /** Full hours. */
  from: number;
  to: number;
  nodes: readonly PlantedUpgrade[];
  gap: { from: number; to: number };
}

/** Stores hours and sessions of the nodes of a chain named `Planted`, and a gap of the observer. */
export async function plantUpgrades(
  database: TestDatabase,
  { from, to, nodes, gap }: PlantedUpgrades,
): Promise<void> {
  // The server leaves the aggregation to a process that seems to live.
  await database.query(
    `INSERT INTO insight_state (began_at, closed_until, stored_until, passed_at, owner)
     SELECT began, closed, closed, now() + interval '1 hour', '00000000-0000-4000-8000-000000000001'
       FROM to_timestamp($1::float8 / 1000) AS began, to_timestamp($2::float8 / 1000) AS closed`,
    [from, to],
  );
  const [chain] = await database.query<{ id: number }>(
    `INSERT INTO chains (key, name, names, first_seen_at, last_seen_at)
     VALUES ('name:Planted', 'Planted', '{Planted}', now() - interval '30 days', now()) RETURNING id`,
  );
  await database.query(
    `INSERT INTO nodes (id, chain_id, peer_id, first_seen_at, last_seen_at, heard, last_collector)
     SELECT number, $1, peer_id, now() - interval '30 days', now(), interval '9 days', 1
       FROM unnest($2::text[]) WITH ORDINALITY AS node (peer_id, number)`,
    [chain?.id, nodes.map(({ peerId }) => peerId)],
  );
  const sessions = nodes.flatMap(({ sessions: own }, index) =>
    own.map((session, number) => ({ node: index + 1, ...session, restarted: number < own.length - 1 })),
  );
  await database.query(
    `INSERT INTO insight_sessions (node_id, began_at, ended_at, connection_id, chain_id, collector, process_began_at, beside_another,
                                   restarted, version, implementation, end_cause)
     SELECT node, began_at, to_timestamp("to" / 1000), row_number() OVER (), $1, 1, began_at, false, restarted, version,
            'Parity Polkadot', CASE WHEN restarted THEN 'restart' END
       FROM jsonb_to_recordset($2::jsonb) AS one (node integer, "from" float8, "to" float8, restarted boolean, version text),
            LATERAL (SELECT to_timestamp("from" / 1000) AS began_at) AS begin`,
    [chain?.id, JSON.stringify(sessions)],
  );
  await plantHours(database, chain?.id ?? NaN, { from, to, nodes });
  await database.query(
    `INSERT INTO observer_gaps (id, collector, cause, began_at, ended_at)
     VALUES ('00000000-0000-4000-8000-000000000002', 1, 'down', to_timestamp($1::float8 / 1000), to_timestamp($2::float8 / 1000))`,
    [gap.from, gap.to],
  );
}

async function plantHours(
  database: TestDatabase,
  chain: number,
  { from, to, nodes }: Omit<PlantedUpgrades, 'gap'>,
): Promise<void> {
  const rows = nodes.flatMap(({ hourAt }, index) => {
    const hours: object[] = [];
    for (let hour = from; hour < to; hour += HOUR_MS) hours.push(rowOf(index + 1, hour, hourAt(hour)));
    return hours;
  });
  await database.query(
    `INSERT INTO insight_node_hours (hour, chain_id, node_id, download_sum, upload_sum, imports, expected, arrived, behind_sum,
                                     peers_max, minutes, chain_reports, network_reports, behind_minutes, clock_steps, delay_bins,
                                     lag_bins, peers_bins, txcount_bins)
     SELECT to_timestamp(hour / 1000), $1, node, 60 * download, 0, arrived, 100, arrived, 60 * behind, peers, 60, 720, 720, 60, 0,
            delay_bins, decode(lag_bins, 'hex'), decode(peers_bins, 'hex'), ''
       FROM jsonb_to_recordset($2::jsonb) AS one (node integer, hour float8, download bigint, arrived integer, behind integer,
                                                  peers bigint, delay_bins smallint[], lag_bins text, peers_bins text)`,
    [chain, JSON.stringify(rows)],
  );
}

function rowOf(node: number, hour: number, planted: PlantedHour): object {
  const delays = new Array<number>(BINS).fill(0);
  delays[planted.delayBin] = planted.arrived;
  return {
    node,
    hour,
    ...planted,
    delay_bins: delays,
    lag_bins: minutesAt(planted.lag),
    peers_bins: minutesAt(planted.peers),
  };
}

/** A histogram with all sixty minutes in one bin. */
function minutesAt(count: number): string {
  const bin = BOUNDS.findLastIndex((bound) => count >= bound);
  return `${'00'.repeat(bin)}3c`;
}
