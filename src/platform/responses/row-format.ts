import type { RowPieces } from '../async/index.js';

/** How rows become the body of a response. Rows are already texts in this format. */
export interface RowFormat {
  contentType: string;
  /** The beginning of the body, even without rows. */
  head: string;
  /** Between two rows. */
  separator: string;
  /** After the last of `count` rows. */
  tail: (count: number) => string;
}

/** A JSON list. */
export const JSON_LIST: RowFormat = {
  contentType: 'application/json; charset=utf-8',
  head: '[',
  separator: ',',
  tail: () => ']',
};

/** One JSON text per line. Clients can read it while it arrives. */
export const NDJSON: RowFormat = {
  contentType: 'application/x-ndjson; charset=utf-8',
  head: '',
  separator: '\n',
  tail: (count) => (count === 0 ? '' : '\n'),
};

/** RFC 4180, with a header line. */
export function csv(columns: readonly string[]): RowFormat {
  return {
    contentType: 'text/csv; charset=utf-8; header=present',
    head: `${columns.join(',')}\r\n`,
    separator: '\r\n',
    tail: (count) => (count === 0 ? '' : '\r\n'),
  };
}

/** Characters that are collected before they are written. */
const TEXT_LENGTH = 16_384;

/**
 * The body of a response as texts of about 16 KiB. The first one comes when the first row or the end was read.
 *
 * @param isHead read the first rows, to detect errors, and return no text
 */
export async function* bodyTexts(
  pieces: RowPieces,
  format: RowFormat,
  isHead: boolean,
): AsyncGenerator<string, void, undefined> {
  let text = format.head;
  let count = 0;
  for await (const rows of pieces) {
    if (isHead) return;
    for (const row of rows) {
      text += count === 0 ? row : format.separator + row;
      count += 1;
      if (text.length < TEXT_LENGTH) continue;
      yield text;
      text = '';
    }
  }
  if (!isHead) yield text + format.tail(count);
}
