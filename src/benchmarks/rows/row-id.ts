import { LimitParameter, MAX_ROWS, WholeNumberParameter } from '../../platform/http/index.js';

/** Ids are JSON numbers. */
export const MAX_ID = Number.MAX_SAFE_INTEGER;

/** Which row a path is about. */
export class IdPath {
  @WholeNumberParameter({ min: 1, max: MAX_ID, description: 'The id.', required: true, example: 12 })
  id!: number;
}

/** A page of a list that begins with the newest. */
export class PageQuery {
  @LimitParameter(MAX_ROWS)
  limit = MAX_ROWS;

  @WholeNumberParameter({
    min: 1,
    max: MAX_ID,
    description: 'Continues after a row: the `id` of the last row received.',
    example: 12,
  })
  cursor?: number;
}
