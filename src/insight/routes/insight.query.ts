import { ChainPath } from '../../chains/index.js';
import { LimitParameter, StringParameter, TimestampParameter } from '../../platform/http/index.js';

/** A block of a chain in a path. */
export class BlockPath extends ChainPath {
  @StringParameter({
    content: 'the height or the hash of a block',
    description: 'Height, or hash with `0x`.',
    required: true,
    maxLength: 130,
    example: '21400123',
  })
  block!: string;
}

/** A time range. */
export class RangeQuery {
  @TimestampParameter({
    description: 'Start, inclusive. By default an hour before the end.',
    example: '2026-01-01T00:00:00',
  })
  start_time?: string;

  @TimestampParameter({ description: 'End, exclusive. By default now.', example: '2026-01-01T01:00:00' })
  end_time?: string;
}

/** Parameters of `GET /chains/{chain}/blocks`. */
export class BlocksQuery extends RangeQuery {
  @LimitParameter(100)
  limit = 100;

  @StringParameter({
    content: 'the cursor of a block',
    description: 'Continues after a block: its `cursor`.',
    maxLength: 160,
  })
  cursor?: string;
}

/** Parameters of `GET /gaps`. */
export class GapsQuery extends RangeQuery {
  @LimitParameter(1_000)
  limit = 1_000;
}
