import { DEFAULT_ROWS, IntegerParameter, JsonText, LimitParameter } from '../../platform/http/index.js';

/** The largest id that a JSON number represents exactly. */
export const MAX_ID = Number.MAX_SAFE_INTEGER;

/** The id in a path. */
export class IdPath {
  @IntegerParameter({ min: 1, max: MAX_ID, description: 'The id.', required: true, example: 12 })
  id!: number;
}

/** Parameters of a list in pages, newest first. */
export class PageQuery {
  @LimitParameter(DEFAULT_ROWS)
  limit = DEFAULT_ROWS;

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

/** The header `Location` of a 201 response, for OpenAPI. */
export const LOCATION = {
  Location: { description: 'URL of the new resource.', schema: { type: 'string' } },
} as const;
