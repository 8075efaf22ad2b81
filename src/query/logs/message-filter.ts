import type { Conditions } from '../../storage/index.js';

/** The column `msg` holds so many characters of a type; `logs` has all of it. */
export const MSG_COLUMN_LENGTH = 128;

/** What a question asks of messages, whatever their connection. Times are texts of PostgreSQL, excluded. */
export interface MessageFilter {
  msg?: string | undefined;
  target?: string | undefined;
  start_time?: string | undefined;
  end_time?: string | undefined;
}

/** The value of the column `msg` for a type. */
export function msgColumn(msg: string): string {
  return Array.from(msg).slice(0, MSG_COLUMN_LENGTH).join('');
}

/** Adds what is asked of messages, but for their type. */
export function addFilter(conditions: Conditions, filter: MessageFilter): void {
  const { start_time: start, end_time: end, target } = filter;
  if (start !== undefined) conditions.add(`created_at > ${conditions.parameter(start)}::timestamptz`);
  if (end !== undefined) conditions.add(`created_at < ${conditions.parameter(end)}::timestamptz`);
  if (target === undefined) return;
  const text = conditions.parameter(target);
  conditions.add(`(logs->>'target' = ${text}::text OR logs->>'origin' = ${text}::text)`);
}

/** Adds a type. Only where the column may have been cut the message itself is looked at. */
export function addType(conditions: Conditions, msg: string): void {
  const column = msgColumn(msg);
  conditions.add(`msg = ${conditions.parameter(column)}::text`);
  if (Array.from(column).length === MSG_COLUMN_LENGTH) {
    conditions.add(`logs->>'msg' = ${conditions.parameter(msg)}::text`);
  }
}
