import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ReadTransaction } from '../../storage/index.js';
import { InvalidParameterError } from '../../platform/http/index.js';
import type { PeerReputationQuery } from '../reputation.query.js';
import { PeerReports } from './peer-reports.js';

/** What nodes said of a peer. */
@Injectable()
export class PeerReputationReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * @returns the JSON of PeerReputations, newest first
   * @throws InvalidParameterError where both kinds of bounds are given
   */
  list(
    peerId: string,
    { max_age_s, start_time, end_time, limit }: PeerReputationQuery,
  ): AsyncIterable<string> {
    if (max_age_s !== undefined && (start_time !== undefined || end_time !== undefined)) {
      throw new InvalidParameterError('max_age_s', 'cannot be combined with start_time or end_time');
    }
    const bounds = { maxAgeS: max_age_s, start: start_time, end: end_time };
    return ReadTransaction.read(this.dataSource, (transaction) =>
      new PeerReports(transaction, peerId, bounds, limit).rows(),
    );
  }
}
