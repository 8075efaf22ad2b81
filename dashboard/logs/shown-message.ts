import { type ExactJson, isNested, parseExact, scalarText } from '../shared/exact-json.js';

/** A message in the list. */
export interface ShownMessage {
  key: string;
  createdAt: string;
  msg: string;
  logs: Record<string, ExactJson>;
  /** Cursor of the next page; undefined for live messages. */
  cursor: string | undefined;
}

const PREVIEW_LENGTH = 240;
/** Fields that are shown beside the preview, or belong to the envelope. */
const NOT_IN_PREVIEW = new Set(['msg', 'ts', 'level', 'id', 'line', 'created_at']);

interface Row {
  cursor: string;
  created_at: string;
  msg: string | null;
  logs: Record<string, ExactJson>;
}

/** The rows of a JSON response of `GET /nodes/logs`, with exact numbers. */
export function readMessages(json: string): ShownMessage[] {
  return (parseExact(json) as unknown as Row[]).map(({ cursor, created_at, msg, logs }) => ({
    key: cursor,
    createdAt: created_at,
    msg: msg ?? '',
    logs,
    cursor,
  }));
}

/** A preview of a message on one line: `height=12 origin="Own" state={…}`. */
export function previewOf(logs: Record<string, ExactJson>): string {
  let text = '';
  for (const [name, value] of Object.entries(logs)) {
    if (NOT_IN_PREVIEW.has(name)) continue;
    text += `${name}=${isNested(value) ? (Array.isArray(value) ? '[…]' : '{…}') : scalarText(value)} `;
    if (text.length > PREVIEW_LENGTH) return `${text.slice(0, PREVIEW_LENGTH)}…`;
  }
  return text.trimEnd();
}
