import { IntegerParameter, JsonText, LimitParameter, MAX_ROWS } from '../../platform/http/index.js';

/** Ids are JSON numbers. */
export const MAX_ID = Number.MAX_SAFE_INTEGER;

/** The id in a path. */
export class IdPath {
  @IntegerParameter({ min: 1, max: MAX_ID, description: 'The id.', required: true, example: 12 })
  id!: number;
}

/** Parameters of a list in pages, newest first. */
export class PageQuery {
  @LimitParameter(MAX_ROWS)
  limit = MAX_ROWS;

  @IntegerParameter({
    min: 1,
    max: MAX_ID,
    description: 'Continues after a row: the `id` of the last row received.',
    example: 12,
  })
  cursor?: number;
}

/** The response with a new row, as PostgreSQL wrote it, and its location. */
export function created(collection: string, row: string): JsonText {
  const { id } = JSON.parse(row) as { id: number };
  return new JsonText(row, `${collection}/${id.toString()}`);
}

/** The documentation of the header. */
export const LOCATION = {
  Location: { description: 'URL of the new resource.', schema: { type: 'string' } },
} as const;
