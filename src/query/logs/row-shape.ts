import { timeText } from '../../storage/index.js';
import { cursorSql } from './message-cursor.js';

/** What becomes of a message, as SQL. */
export interface RowShape {
  /** Further conditions on a message. */
  condition?: string;
  /**
   * The text of a row, from the columns `id`, `created_at` (text, RFC 3339) and `logs`.
   *
   * @param of expressions of type text, which become parameters where they are asked for
   */
  text: (of: { ipAddr: () => string; peerId: () => string }) => string;
}

/** The time of a message as its row has it. */
export const CREATED_AT_TEXT = timeText('created_at');

/** `{id, ip_addr, peer_id, msg, created_at, logs, cursor}`. */
export const MESSAGE_JSON: RowShape = {
  text: ({ ipAddr, peerId }) =>
    `'{"id":' || id || ',"ip_addr":' || to_json(${ipAddr()}) || ',"peer_id":' || to_json(${peerId()})
       || ',"msg":' || coalesce(to_json(logs->>'msg')::text, 'null') || ',"created_at":"' || created_at
       || '","logs":' || logs::text || ',"cursor":"' || ${cursorSql('created_at')} || '"}'`,
};

export const MESSAGE_COLUMNS = ['id', 'ip_addr', 'peer_id', 'msg', 'created_at', 'logs', 'cursor'] as const;

/** The same as a row of a table; `logs` is JSON in one column. What a spreadsheet would run is text: see below. */
export const MESSAGE_CSV = messageCsv(harmlessText);
/** The same with texts as they are. */
export const MESSAGE_CSV_RAW = messageCsv((expression) => expression);

function messageCsv(shown: (expression: string) => string): RowShape {
  // Not of the message, which is made a text once, and begins with a brace.
  const column = (expression: string): string => csvText(shown(expression));
  return {
    text: ({ ipAddr, peerId }) =>
      `id || ',' || ${column(ipAddr())} || ',' || ${column(peerId())} || ',' || ${column("(logs->>'msg')")}
         || ',' || created_at || ',' || ${csvText('logs::text')} || ',' || ${cursorSql('created_at')}`,
  };
}

/**
 * With an apostrophe before a character at which spreadsheets take a cell for a formula: `=`, `+`, `-`, `@`, their wide
 * forms, a tab, the end of a line.
 */
function harmlessText(expression: string): string {
  return `CASE WHEN ${expression} ~ E'^[=+@\\t\\r\\n\uFF1D\uFF0B\uFF20\uFF0D-]' THEN '''' || ${expression} ELSE ${expression} END`;
}

function csvText(expression: string): string {
  return `coalesce('"' || replace(${expression}, '"', '""') || '"', '')`;
}
