import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { mayHave, NEWEST_MESSAGE, ReadTransaction, timeText, typeSql } from '../storage/index.js';
import { PEERSET, reputationLists } from './report-sql.js';
import type { ReputationQuery } from './reputation.query.js';

/**
 * The latest network state of each peer, as rows of `peer_id`, `created_at`, `id` and `logs`, newest first. `$1` is the
 * maximum age in seconds, `$2` the maximum number of peers.
 *
 * One lookup in the index of rare types for each connection that may have a message of that age, in the partitions of
 * that connection only. Sorted rows are small, because large messages are stored out of line.
 */
const LATEST_REPORTS = `
  SELECT peer_id, created_at, id, logs
    FROM (SELECT DISTINCT ON (peer_id) peer_id, report.created_at, report.id, report.logs
            FROM (SELECT id, collector, peer_id, ${NEWEST_MESSAGE} AS upper,
                         greatest(oldest_created_at, now() - make_interval(secs => $1::float8)) AS lower
                    FROM peer_connections
                   WHERE peer_id IS NOT NULL AND ${mayHave('system.network_state')}) AS connection
           CROSS JOIN LATERAL
                 (SELECT created_at, id, logs FROM tetcore_logs
                   WHERE peer_connection_id = connection.id AND collector = connection.collector
                     AND type = ${typeSql('system.network_state')}
                     AND created_at >= connection.lower AND created_at <= connection.upper
                   ORDER BY created_at DESC, id DESC LIMIT 1) AS report
           WHERE lower <= upper
           ORDER BY peer_id, report.created_at DESC, report.id DESC) AS latest
   ORDER BY created_at DESC, id DESC LIMIT $2::bigint`;

/** With more known peers than this, reading all of them takes longer than looking up the reported ones. */
const MAX_PEERS = 50_000;

const KNOWN_PEERS = `
  SELECT count(*)::int AS count, array_agg(peer_id)::text AS peers
    FROM (SELECT DISTINCT peer_id FROM peer_connections WHERE peer_id IS NOT NULL
           LIMIT ${(MAX_PEERS + 1).toString()}) AS known`;

/**
 * A condition on the column `key`: a peer with that id has connected to this server.
 *
 * @param placeholder of its parameter: `$3`
 */
async function knownPeerCondition(
  transaction: ReadTransaction,
  placeholder: string,
): Promise<{ sql: string; parameters: unknown[] }> {
  const [known] = await transaction.query<{ count: number; peers: string | null }>(KNOWN_PEERS);
  if (known === undefined || known.count > MAX_PEERS) {
    return { sql: 'EXISTS (SELECT FROM peer_connections WHERE peer_id = key)', parameters: [] };
  }
  // As a text parameter: PostgreSQL hashes an array only if it is a constant at planning time.
  return { sql: `key = ANY (${placeholder}::text[])`, parameters: [known.peers ?? '{}'] };
}

/**
 * The rows of a query with one column, `row`, of type text. The database prepares the next rows while the previous
 * ones are sent.
 *
 * @param count rows per fetch; twice as many are in memory
 */
async function* prefetchedRows(
  transaction: ReadTransaction,
  sql: string,
  parameters: readonly unknown[],
  count: number,
): AsyncGenerator<string, void, undefined> {
  const cursor = await transaction.open<{ row: string }>(sql, parameters);
  const fetch = async (): Promise<string[]> => (await cursor.fetch(count)).map(({ row }) => row);
  let next = fetch();
  try {
    for (let rows = await next; rows.length > 0; rows = await next) {
      next = rows.length === count ? fetch() : Promise.resolve([]);
      // The error is thrown when it is awaited.
      next.catch(() => undefined);
      yield* rows;
    }
  } finally {
    // So that the connection is idle when it is released.
    await next.catch(() => undefined);
  }
}

/** A row has 85 kB for the 1,250 peers of a typical report, and can have megabytes. */
const FETCH_ROWS = 4;

/** Reads the latest report of each node on its peers. */
@Injectable()
export class LatestReportsReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns the JSON of ReportedReputations, newest report first */
  list({ max_age_s, limit }: ReputationQuery): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, (transaction) =>
      reportRows(transaction, reputationLists(), [max_age_s, limit]),
    );
  }

  /** @returns the same, with only those peers that have connected to this server */
  listLogged({ max_age_s, limit }: ReputationQuery): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, async function* (transaction) {
      const { sql, parameters } = await knownPeerCondition(transaction, '$3');
      yield* reportRows(transaction, reputationLists(sql), [max_age_s, limit, ...parameters]);
    });
  }
}

function reportRows(
  transaction: ReadTransaction,
  lists: string,
  parameters: readonly unknown[],
): AsyncIterable<string> {
  // OFFSET 0 keeps the steps apart: a message would be decompressed for each field.
  const sql = `
    SELECT '{"reporting_peer":' || to_json(peer_id) || ',' || ${lists} || ',"ts":"' || ${timeText('created_at')} || '"}' AS row
      FROM (SELECT peer_id, created_at, ${PEERSET} AS peerset
              FROM (${LATEST_REPORTS}) AS report
            OFFSET 0) AS report`;
  return prefetchedRows(transaction, sql, parameters, FETCH_ROWS);
}
