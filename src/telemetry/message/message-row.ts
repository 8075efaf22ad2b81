/** The columns of a row, in the order of {@link formatRow}: for `COPY … (columns) FROM STDIN`. */
export const ROW_COLUMNS = ['created_at', 'received_at', 'peer_connection_id', 'msg', 'logs'] as const;

/** A row as PostgreSQL gets it: times as text that it reads as `timestamptz`, `logs` as JSON. */
export interface MessageRow {
  createdAt: string;
  receivedAt: string;
  peerConnectionId: string;
  msg: string | null;
  logs: string;
}

const NEWLINE = 0x0a;
const TAB = 0x09;
const ESCAPED = /\\(.)/g;
const CHARACTERS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * A line of PostgreSQL's COPY text format, without its newline: `head` and `logs`, one behind the other. In two
 * parts, since joining them would copy a large message once more.
 */
export interface RowText {
  head: string;
  logs: string;
}

export function formatRow(
  createdAt: string,
  receivedAt: string,
  peerConnectionId: string,
  msg: string | null,
  logs: string,
): RowText {
  const type = msg === null ? '\\N' : escape(msg);
  return { head: `${createdAt}\t${receivedAt}\t${peerConnectionId}\t${type}\t`, logs: escape(logs) };
}

/** The lines of many rows, each with its newline: views of the same memory. */
export function splitRows(text: Buffer): Buffer[] {
  const rows: Buffer[] = [];
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf(NEWLINE, start);
    const end = newline < 0 ? text.length : newline + 1;
    rows.push(text.subarray(start, end));
    start = end;
  }
  return rows;
}

/**
 * Reads a line of {@link formatRow} back.
 *
 * @throws InvalidRowError where the line has not the right number of columns
 */
export function parseRow(row: Buffer | string): MessageRow {
  const columns = row.toString().replace(/\n$/, '').split('\t');
  const [createdAt, receivedAt, peerConnectionId, msg, logs, ...more] = columns;
  if (
    createdAt === undefined ||
    receivedAt === undefined ||
    peerConnectionId === undefined ||
    msg === undefined ||
    logs === undefined ||
    more.length > 0
  ) {
    throw new InvalidRowError(columns.length);
  }
  return {
    createdAt,
    receivedAt,
    peerConnectionId,
    msg: typeOf(msg),
    logs: unescape(logs),
  };
}

/** What a line of {@link formatRow} says before `logs`, which may be large and is left alone. */
export function parseRowHead(line: Buffer): Pick<MessageRow, 'peerConnectionId' | 'msg'> {
  const first = line.indexOf(TAB);
  const second = line.indexOf(TAB, first + 1);
  const third = line.indexOf(TAB, second + 1);
  const fourth = line.indexOf(TAB, third + 1);
  return {
    peerConnectionId: line.toString('latin1', second + 1, third),
    msg: typeOf(line.toString('utf8', third + 1, fourth)),
  };
}

export class InvalidRowError extends Error {
  override readonly name = 'InvalidRowError';

  constructor(columns: number) {
    super(`A row has ${columns.toString()} columns instead of ${ROW_COLUMNS.length.toString()}.`);
  }
}

/** Searching for each is several times faster than one regular expression, and most texts have none. */
function escape(text: string): string {
  let escaped = text;
  if (escaped.includes('\\')) escaped = escaped.replaceAll('\\', '\\\\');
  if (escaped.includes('\n')) escaped = escaped.replaceAll('\n', '\\n');
  if (escaped.includes('\r')) escaped = escaped.replaceAll('\r', '\\r');
  if (escaped.includes('\t')) escaped = escaped.replaceAll('\t', '\\t');
  return escaped;
}

function typeOf(column: string): string | null {
  return column === '\\N' ? null : unescape(column);
}

function unescape(text: string): string {
  return text.replace(ESCAPED, (_, character: string) => CHARACTERS[character] ?? character);
}
