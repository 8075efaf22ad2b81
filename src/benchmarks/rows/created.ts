import { JsonText } from '../../platform/http/index.js';

/** Answers with what was made, as the database wrote it, and where it is. */
export function created(collection: string, row: string): JsonText {
  const { id } = JSON.parse(row) as { id: number };
  return new JsonText(row, `${collection}/${id.toString()}`);
}

/** How that is documented. */
export const LOCATION = {
  Location: { description: 'URL of the new resource.', schema: { type: 'string' } },
} as const;
