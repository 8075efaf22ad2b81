import type { Response } from 'express';
import { sendJson } from '../../http/index.js';

/** Answers with what was made, as the database wrote it, and where it is. */
export function sendCreated(response: Response, collection: string, row: string): void {
  const { id } = JSON.parse(row) as { id: number };
  response.location(`${collection}/${id.toString()}`);
  sendJson(response, row, 201);
}

/** How that is documented. */
export const LOCATION = { Location: { description: 'Where it is.', schema: { type: 'string' } } } as const;
