/** How rows become the body of an answer. Rows are texts in this format already. */
export interface RowFormat {
  contentType: string;
  /** Comes first, in an answer without rows too. */
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

/** One JSON text a line, which may be read while it arrives. */
export const NDJSON: RowFormat = {
  contentType: 'application/x-ndjson; charset=utf-8',
  head: '',
  separator: '\n',
  tail: (count) => (count === 0 ? '' : '\n'),
};

/** RFC 4180, with the names of the columns in the first line. */
export function csv(columns: readonly string[]): RowFormat {
  return {
    contentType: 'text/csv; charset=utf-8; header=present',
    head: `${columns.join(',')}\r\n`,
    separator: '\r\n',
    tail: (count) => (count === 0 ? '' : '\r\n'),
  };
}
