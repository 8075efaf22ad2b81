import type { ServerResponse } from 'node:http';

/** Characters that are gathered before they are written. */
const CHUNK_LENGTH = 16_384;

/** How long a client may take: milliseconds. Beyond that it is cut off, since it holds a database connection. */
export interface SendLimits {
  /** Without taking anything. */
  stallMs: number;
  /** For the whole answer. */
  totalMs: number;
}

const LIMITS: SendLimits = { stallMs: 30_000, totalMs: 300_000 };

/**
 * Answers with a JSON list of rows that are JSON already, as fast as the client takes them. Rows are no longer
 * asked for once the client is gone. Nothing is sent before the first row is here.
 *
 * @throws what the rows throw; after the first row the answer is then to be cut
 */
export async function sendJsonList(
  response: ServerResponse,
  rows: AsyncIterable<string>,
  limits = LIMITS,
): Promise<void> {
  const deadline = Date.now() + limits.totalMs;
  let text = '[';
  let separator = '';
  for await (const row of rows) {
    if (response.destroyed) return;
    text += separator + row;
    separator = ',';
    if (text.length < CHUNK_LENGTH) continue;
    const waitMs = Math.min(limits.stallMs, deadline - Date.now());
    if (!(await write(response, text, waitMs))) return;
    text = '';
  }
  if (response.destroyed) return;
  begin(response);
  response.end(`${text}]`);
}

function begin(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Content-Type', 'application/json; charset=utf-8');
}

/** Writes, and waits until there is room for more: whether the client is still there. */
async function write(response: ServerResponse, text: string, waitMs: number): Promise<boolean> {
  begin(response);
  if (response.write(text) && waitMs > 0) return true;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => response.destroy(), waitMs);
    const done = (): void => {
      clearTimeout(timer);
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
    if (response.destroyed) done();
  });
  return !response.destroyed;
}
