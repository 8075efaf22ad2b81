import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RowPieces } from '../platform/async/index.js';
import {
  deferredRows,
  mappedRows,
  mayHave,
  NEWEST_MESSAGE,
  readRows,
  singleRow,
  timeText,
  typeSql,
} from '../storage/index.js';
import { MadeReport, MadeReports, PeerSet } from './made-reports.js';
import { PEERSET, REPUTATION_LISTS } from './report-sql.js';
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
  SELECT count(*)::int AS count, coalesce(to_json(array_agg(peer_id ORDER BY peer_id))::text, '[]') AS peers
    FROM (SELECT DISTINCT peer_id FROM peer_connections WHERE peer_id IS NOT NULL
           LIMIT ${(MAX_PEERS + 1).toString()}) AS known`;

const KNOWN_OF = `
  SELECT count(*)::int AS count, coalesce(to_json(array_agg(peer ORDER BY peer))::text, '[]') AS peers
    FROM unnest($1::text[]) AS named (peer) WHERE EXISTS (SELECT FROM peer_connections WHERE peer_id = peer)`;

interface PeersRow {
  count: number;
  /** JSON, sorted. */
  peers: string;
}

/**
 * `$3` are the ids of reports that are known: nothing follows after their ids. OFFSET 0 keeps the steps apart: a message
 * would be decompressed for each field.
 */
const REPORTS = `
  SELECT id || ' ' || coalesce('{"reporting_peer":' || to_json(peer_id) || ',' || ${REPUTATION_LISTS}
                                 || ',"ts":"' || ${timeText('created_at')} || '"}', '') AS row
    FROM (SELECT peer_id, created_at, id, is_new, CASE WHEN is_new THEN ${PEERSET} END AS peerset
            FROM (SELECT *, id <> ALL ($3::bigint[]) AS is_new FROM (${LATEST_REPORTS}) AS latest) AS report
          OFFSET 0) AS report`;

/** A row has 85 kB for the 1,250 peers of a typical report, and can have megabytes. */
const FIRST_ROWS = 4;

/**
 * Reads the latest report of each node on its peers. A report never changes once it is stored: what was made of the last
 * ones is kept, and the database leaves those out.
 */
@Injectable()
export class LatestReportsReadModel {
  private readonly made = new MadeReports();
  private known: PeerSet | undefined;

  constructor(private readonly dataSource: DataSource) {}

  /** @returns the JSON of ReportedReputations, newest report first */
  list(query: ReputationQuery): RowPieces {
    return mappedRows(this.reports(query), (reports) => reports.map(({ text }) => text));
  }

  /** @returns the same, with only those peers that have connected to this server */
  listLogged(query: ReputationQuery): RowPieces {
    return deferredRows(async () => {
      const known = await this.knownPeers();
      return mappedRows(this.reports(query), async (reports) => {
        const peers = known ?? (await this.knownOf(reports));
        return reports.map((report) => report.of(peers));
      });
    });
  }

  private reports({ max_age_s, limit }: ReputationQuery): AsyncIterable<readonly MadeReport[]> {
    const made = this.made.all();
    const values = [max_age_s, limit, [...made.keys()]];
    const rows = readRows(this.dataSource, {
      name: 'latest_reports',
      text: REPORTS,
      values,
      firstRows: FIRST_ROWS,
    });
    return mappedRows(rows, (texts) =>
      texts.map((text) => {
        const space = text.indexOf(' ');
        const id = text.slice(0, space);
        const report = made.get(id) ?? new MadeReport(text.slice(space + 1));
        this.made.keep(id, report);
        return report;
      }),
    );
  }

  /** Undefined if they are too many. The same object as long as they are the same. */
  private async knownPeers(): Promise<PeerSet | undefined> {
    const row = await singleRow<PeersRow>(this.dataSource, KNOWN_PEERS);
    if (row === undefined || row.count > MAX_PEERS) return undefined;
    if (this.known?.text !== row.peers) this.known = new PeerSet(row.peers);
    return this.known;
  }

  /** Those that reports name. */
  private async knownOf(reports: readonly MadeReport[]): Promise<PeerSet> {
    const named = [...new Set(reports.flatMap((report) => report.peers()))];
    const row = await singleRow<PeersRow>(this.dataSource, KNOWN_OF, [named]);
    return new PeerSet(row?.peers ?? '[]');
  }
}
