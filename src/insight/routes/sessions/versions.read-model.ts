import { Injectable } from '@nestjs/common';
import { microsecondsOf, sqlInterval, timeOf } from '../../../storage/index.js';
import { EXPECTED_AFTER_MS, isExpected } from '../../sessions/node-time.js';
import { timeSql } from '../../tables/columns.js';
import { DAY_US } from '../../aggregate/index.js';
import { type ChainRead, ChainReads, type Fields, rangeAnswer } from '../chain-reads.js';
import { Buckets, expectedOf, pointsOf, type Resolution, type TimeRange } from '../series/series.js';
import { compareVersions, twoVersionsOf } from './compare-versions.js';
import {
  type Change,
  sharesOfChanges,
  sharesOfDays,
  type Version,
  type VersionShare,
} from './version-shares.js';
import type { Laggard, VersionAnswer, VersionsAnswer } from './versions.dto.js';
import type { VersionsQuery } from './versions.query.js';

/** The longest ranges that `auto` answers in minutes and in hours: from sessions. Longer ones from days. */
const MINUTES_UP_TO_US = DAY_US / 4;
const HOURS_UP_TO_US = 14 * DAY_US;
/** The most used ones: nodes can report any text. */
const MAX_VERSIONS = 50;
/** A version that fewer nodes have is no reason to upgrade. */
const MIN_NODES = 2;

const GONE = microsecondsOf(`nodes.last_seen_at + ${sqlInterval(EXPECTED_AFTER_MS)}`);

/** The version of each node that is expected at a time: that of its last session. By the primary keys. */
const AT = `
  SELECT nodes.id AS node, nodes.peer_id, nodes.name, version, implementation, authority, ${GONE} AS gone
    FROM nodes
    JOIN LATERAL (
         SELECT version, implementation, authority FROM insight_sessions AS one
          WHERE one.node_id = nodes.id AND one.began_at <= ${timeSql('$2')}
          ORDER BY one.began_at DESC, one.connection_id DESC LIMIT 1) AS session ON true
   WHERE nodes.chain_id = $1 AND ${isExpected('nodes', timeSql('$2'), `(${timeSql('$2')} + interval '1 us')`)}
   ORDER BY version, nodes.peer_id`;

/** Sessions that began in a range with another version than the one before, by their index. */
const CHANGES = `
  SELECT node_id AS node, ${microsecondsOf('began_at')} AS at, version, implementation, ${GONE} AS gone
    FROM insight_sessions AS session JOIN nodes ON nodes.id = node_id
   WHERE session.chain_id = $1 AND began_at > ${timeSql('$2')} AND began_at < ${timeSql('$3')} AND NOT same_version
   ORDER BY began_at, connection_id`;

const DAY_AT = microsecondsOf("(day::timestamp AT TIME ZONE 'UTC')");
const DAYS = `
  SELECT ${DAY_AT} AS at, nullif(version, '') AS version, nullif(implementation, '') AS implementation, nodes
    FROM insight_version_days
   WHERE chain_id = $1 AND day >= (${timeSql('$2')} AT TIME ZONE 'UTC')::date
     AND day < (${timeSql('$3')} AT TIME ZONE 'UTC')::date`;

/** The first day on which nodes had a version. */
const FIRST_DAYS = `
  SELECT nullif(version, '') AS version, nullif(implementation, '') AS implementation, min(${DAY_AT}) AS at
    FROM insight_version_days WHERE chain_id = $1 GROUP BY 1, 2`;

interface NodeVersion extends Version {
  node: number;
  /** When it is not expected any more. */
  gone: number;
}

interface NodeRow extends NodeVersion {
  peer_id: string;
  name: string | null;
  authority: boolean | null;
}

/** Reads which versions the nodes of a chain have. */
@Injectable()
export class VersionsReadModel {
  constructor(private readonly reads: ChainReads) {}

  /** @throws InvalidParameterError if `compare` is not two versions; see also ChainReads.read */
  async read(chain: string, query: VersionsQuery): Promise<Fields<VersionsAnswer>> {
    const compared = query.compare === undefined ? undefined : twoVersionsOf(query.compare);
    return await this.reads.read(chain, query, async (read) => {
      const { range, known, now } = read;
      const resolution = query.resolution === 'auto' ? resolutionOf(range) : query.resolution;
      const buckets = Buckets.of(range, resolution);
      const shares = resolution === 'day' ? await ofDays(read, buckets) : await ofSessions(read, buckets);
      const first = await FirstTimes.read(read, shares);
      const rows = Array.from(buckets, ({ from }, index) => ({
        at: from,
        expected: shares.reduce((sum, { counts }) => sum + (counts[index] ?? 0), 0),
      }));
      const points = pointsOf(buckets, [], { rows, known, now });
      const nodes = await read.transaction.query<NodeRow>(AT, [read.id, range.to]);
      const laggards = laggardsOf(nodes, first);
      return {
        ...rangeAnswer(read, expectedOf(points)),
        resolution,
        points,
        versions: shares.slice(0, MAX_VERSIONS).map((share) => versionOf(share, first)),
        laggard_count: laggards.length,
        laggards: laggards.slice(0, query.limit),
        compare: compared === undefined ? null : await compareVersions(read, compared, query.limit),
      };
    });
  }
}

function resolutionOf({ from, to }: TimeRange): Resolution {
  if (to - from <= MINUTES_UP_TO_US) return 'minute';
  return to - from <= HOURS_UP_TO_US ? 'hour' : 'day';
}

async function ofSessions({ transaction, id, range }: ChainRead, buckets: Buckets): Promise<VersionShare[]> {
  const before = await transaction.query<NodeVersion>(AT, [id, buckets.from]);
  const begins = await transaction.query<NodeVersion & { at: number }>(CHANGES, [id, buckets.from, range.to]);
  const changes: Change[] = begins.map(({ at, node, ...to }) => ({ at, node, to }));
  const gone = new Map([...before, ...begins].map((row) => [row.node, row.gone]));
  for (const [node, at] of gone) if (at < range.to) changes.push({ at, node, to: null });
  changes.sort((one, other) => one.at - other.at);
  // A point has the versions at its end.
  const times = Array.from(buckets, ({ to }) => Math.min(to, range.to));
  return sharesOfChanges(new Map(before.map((row) => [row.node, row])), changes, times);
}

async function ofDays({ transaction, id }: ChainRead, buckets: Buckets): Promise<VersionShare[]> {
  const rows = await transaction.query<Version & { at: number; nodes: number }>(DAYS, [
    id,
    buckets.from,
    buckets.to,
  ]);
  return sharesOfDays(
    rows,
    Array.from(buckets, ({ from }) => from),
  );
}

/** When nodes first had each version. */
class FirstTimes {
  private constructor(private readonly times: ReadonlyMap<string, number | null>) {}

  static async read(
    { transaction, id, range }: ChainRead,
    shares: readonly VersionShare[],
  ): Promise<FirstTimes> {
    const times = new Map<string, number | null>(
      shares.map((share) => [FirstTimes.keyOf(share), share.firstAt]),
    );
    for (const row of await transaction.query<Version & { at: number }>(FIRST_DAYS, [id])) {
      const key = FirstTimes.keyOf(row);
      // The day of the begin of the range is no better than what the sessions of the range show.
      if (row.at + DAY_US <= range.from || (times.get(key) ?? null) === null) times.set(key, row.at);
    }
    return new FirstTimes(times);
  }

  /** Microseconds since the epoch; null if that is not known. */
  of(version: Version): number | null {
    return this.times.get(FirstTimes.keyOf(version)) ?? null;
  }

  private static keyOf({ version, implementation }: Version): string {
    return JSON.stringify([implementation, version]);
  }
}

function versionOf(share: VersionShare, first: FirstTimes): Fields<VersionAnswer> {
  const { version, implementation, counts, firstAt, halfAt, mostAt } = share;
  const at = first.of(share);
  // Of a version that returns, the time since its first node would not be that of a roll-out.
  const since = (reached: number | null): number | null =>
    reached === null || at === null || at !== firstAt ? null : Math.round((reached - at) / 1e6);
  return {
    version,
    implementation,
    first_seen_at: at === null ? null : timeOf(at),
    nodes: counts.at(-1) ?? 0,
    share: share.share,
    t50_seconds: since(halfAt),
    t90_seconds: since(mostAt),
    counts,
  };
}

/** Nodes that have not the newest version of their implementation: the last one that came, and that several nodes have. */
function laggardsOf(nodes: readonly NodeRow[], first: FirstTimes): Fields<Laggard>[] {
  const used = new Map<string, { row: NodeRow; nodes: number }>();
  for (const row of nodes) {
    const key = JSON.stringify([row.implementation, row.version]);
    const known = used.get(key);
    if (known === undefined) used.set(key, { row, nodes: 1 });
    else known.nodes += 1;
  }
  const newest = new Map<string | null, NodeRow>();
  for (const { row, nodes: count } of used.values()) {
    const best = newest.get(row.implementation);
    const isLater =
      (first.of(row) ?? -Infinity) > (best === undefined ? -Infinity : (first.of(best) ?? -Infinity));
    if (count >= MIN_NODES && (best === undefined || isLater)) newest.set(row.implementation, row);
  }
  return nodes.flatMap(({ peer_id, name, version, implementation, authority }) => {
    const current = newest.get(implementation);
    if (current === undefined || current.version === version) return [];
    return [{ peer_id, name, version, implementation, authority, newest: current.version }];
  });
}
