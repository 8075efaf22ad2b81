import type { ServerResponse } from 'node:http';
import type { RowFormat } from './row-format.js';

/** Characters that are gathered before they are written. */
const CHUNK_LENGTH = 16_384;

/** How long a client may take: milliseconds. Beyond that it is cut off, since it holds a database connection. */
export interface SendLimits {
  /** Without taking anything. */
  stallMs: number;
  /** For the whole answer. */
  totalMs: number;
}

/** Of an answer with a bound on its rows. */
export const PAGE_LIMITS: SendLimits = { stallMs: 30_000, totalMs: 300_000 };
/** Of any number of rows. While they are read, no partition that they are in can be dropped. */
export const EXPORT_LIMITS: SendLimits = { stallMs: 30_000, totalMs: 3_600_000 };

/**
 * Answers with rows in a format, as fast as the client takes them. Once the client is gone, or has taken too long, the
 * reading is given up by the `return` of its iterator. Nothing is sent before the first row is here, and nothing but
 * the head of the answer where that is all that is asked for.
 *
 * @throws what the rows throw; after the first row the answer is then to be cut
 */
export async function sendRows(
  response: ServerResponse,
  rows: AsyncIterable<string>,
  format: RowFormat,
  limits = PAGE_LIMITS,
): Promise<void> {
  if (response.destroyed) return;
  const reading = rows[Symbol.asyncIterator]();
  const giveUp = (): void => void reading.return?.().catch(() => undefined);
  const deadline = setTimeout(() => response.destroy(), limits.totalMs);
  response.once('close', giveUp);
  try {
    await send(response, { [Symbol.asyncIterator]: () => reading }, format, limits.stallMs);
  } finally {
    clearTimeout(deadline);
    response.off('close', giveUp);
  }
}

async function send(
  response: ServerResponse,
  rows: AsyncIterable<string>,
  format: RowFormat,
  stallMs: number,
): Promise<void> {
  let text = format.head;
  let count = 0;
  for await (const row of rows) {
    if (response.destroyed) return;
    // The first row tells whether there is an answer.
    if (response.req.method === 'HEAD') break;
    text += count === 0 ? row : format.separator + row;
    count += 1;
    if (text.length < CHUNK_LENGTH) continue;
    if (!(await write(response, text, format, stallMs))) return;
    text = '';
  }
  if (response.destroyed) return;
  begin(response, format);
  response.end(text + format.tail(count));
}

function begin(response: ServerResponse, format: RowFormat): void {
  if (!response.headersSent) response.setHeader('Content-Type', format.contentType);
}

/** Writes, and waits until there is room for more: whether the client is still there. */
async function write(
  response: ServerResponse,
  text: string,
  format: RowFormat,
  stallMs: number,
): Promise<boolean> {
  begin(response, format);
  if (response.write(text)) return true;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => response.destroy(), stallMs);
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
