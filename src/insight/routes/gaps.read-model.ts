import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RowPieces } from '../../platform/async/index.js';
import { readRows, timeText } from '../../storage/index.js';
import type { GapsQuery } from './insight.query.js';

const GAPS = `
  SELECT json_build_object('collector', collector, 'cause', cause, 'began_at', ${timeText('began_at')},
                           'ended_at', ${timeText('ended_at')})::text AS row
    FROM observer_gaps, LATERAL (SELECT coalesce($2::timestamptz, now()) AS end_time) AS range
   WHERE began_at < range.end_time
     AND (ended_at IS NULL OR ended_at > coalesce($1::timestamptz, range.end_time - interval '1 hour'))
   ORDER BY began_at DESC, id LIMIT $3`;

/** Reads when servers did not receive data from nodes. */
@Injectable()
export class GapsReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns the JSON of the ObserverGaps that overlap a time range, newest first */
  list({ start_time, end_time, limit }: GapsQuery): RowPieces {
    const values = [start_time ?? null, end_time ?? null, limit];
    return readRows(this.dataSource, { name: 'gaps', text: GAPS, values });
  }
}
