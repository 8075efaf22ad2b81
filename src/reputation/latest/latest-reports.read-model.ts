import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ReadTransaction, timeText } from '../../storage/index.js';
import { PEERSET } from '../report/peerset.js';
import { reputationLists } from '../report/reputation-lists.js';
import type { ReputationQuery } from '../reputation.query.js';
import { fetchedAhead } from './fetched-ahead.js';
import { isKnownPeer } from './known-peers.js';
import { LATEST_REPORTS } from './latest-reports.js';

/** A row has 85 kB for the 1,250 peers of a usual report, and may have megabytes. */
const FETCH_ROWS = 4;

/** What each node said last of its peers. */
@Injectable()
export class LatestReportsReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns the JSON of ReportedReputations, the newest report first */
  list({ max_age_s, limit }: ReputationQuery): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, (transaction) =>
      reportRows(transaction, reputationLists(), [max_age_s, limit]),
    );
  }

  /** @returns the same of those peers alone that have ever connected here */
  listLogged({ max_age_s, limit }: ReputationQuery): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, async function* (transaction) {
      const { sql, parameters } = await isKnownPeer(transaction, '$3');
      yield* reportRows(transaction, reputationLists(sql), [max_age_s, limit, ...parameters]);
    });
  }
}

function reportRows(
  transaction: ReadTransaction,
  lists: string,
  parameters: readonly unknown[],
): AsyncIterable<string> {
  // Each step once: a message is decompressed wherever a field is taken out of it.
  const sql = `
    SELECT '{"reporting_peer":' || to_json(peer_id) || ',' || ${lists} || ',"ts":"' || ${timeText('created_at')} || '"}' AS row
      FROM (SELECT peer_id, created_at, ${PEERSET} AS peerset
              FROM (${LATEST_REPORTS}) AS report
            OFFSET 0) AS report`;
  return fetchedAhead(transaction, sql, parameters, FETCH_ROWS);
}
