import {
  IntegerParameter,
  LimitParameter,
  PeerIdParameter,
  TimestampParameter,
} from '../platform/http/index.js';

/** A hundred years: all reports. */
const MAX_AGE_S = 3_155_760_000;

/** Parameters of `GET /reputation` and `GET /reputation/logged`. */
export class ReputationQuery {
  @IntegerParameter({
    min: 0,
    max: MAX_AGE_S,
    description: 'Maximum age of reports in seconds.',
    default: 60,
  })
  max_age_s = 60;

  @LimitParameter(100, 'Maximum number of reporting nodes.')
  limit = 100;
}

/** Parameters of `GET /reputation/{peer_id}`: an age, or times. */
export class PeerReputationQuery {
  @IntegerParameter({
    min: 0,
    max: MAX_AGE_S,
    description: 'Maximum age of reports in seconds. Cannot be combined with `start_time` or `end_time`.',
    example: 3600,
  })
  max_age_s?: number;

  @TimestampParameter({ description: 'Reports later than this.', example: '2026-01-01T00:00:00' })
  start_time?: string;

  @TimestampParameter({ description: 'Reports earlier than this.', example: '2026-01-02T00:00:00' })
  end_time?: string;

  @LimitParameter(1000)
  limit = 1000;
}

/** The reported node in a path. */
export class ReportedPeerPath {
  @PeerIdParameter({
    description: 'The peer id of the reported node. It need not have connected to this server.',
    required: true,
  })
  peer_id!: string;
}
