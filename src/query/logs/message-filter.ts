import { type Conditions, typeCondition } from '../../storage/index.js';

/** What a question asks of messages, whatever their connection. Times are texts of PostgreSQL, excluded. */
export interface MessageFilter {
  msg?: string | undefined;
  target?: string | undefined;
  start_time?: string | undefined;
  end_time?: string | undefined;
}

/** Adds what is asked of messages. */
export function addFilter(conditions: Conditions, filter: MessageFilter): void {
  const { start_time: start, end_time: end, target, msg } = filter;
  if (start !== undefined) conditions.add(`created_at > ${conditions.parameter(start)}::timestamptz`);
  if (end !== undefined) conditions.add(`created_at < ${conditions.parameter(end)}::timestamptz`);
  if (msg !== undefined) conditions.add(typeCondition(msg, (value) => conditions.parameter(value)));
  if (target === undefined) return;
  const text = conditions.parameter(target);
  conditions.add(`(logs->>'target' = ${text}::text OR logs->>'origin' = ${text}::text)`);
}
