import type { Response } from 'express';

/** Answers with a JSON text that is there already, as the database wrote it. */
export function sendJson(response: Response, text: string, status = 200): void {
  response.status(status).type('application/json').send(text);
}
