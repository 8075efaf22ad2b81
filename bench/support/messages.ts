import { readFileSync } from 'node:fs';

export type Payload = Record<string, unknown>;

const fixture = new URL('../../test/fixtures/telemetry-messages.json', import.meta.url);
const all = JSON.parse(readFileSync(fixture, 'utf8')) as Payload[];

/** Real messages of a node without the network state: 0.3 kB on average. */
export const smallMessages = all.filter((message) => message.msg !== 'system.network_state');

/** A real network state: 168 kB. */
export const networkStates = all.filter((message) => message.msg === 'system.network_state');

/** The flat envelope for even numbers, the nested one for odd ones. */
export function frameText(message: Payload, number: number, ts: string): string {
  const payload = { ...message };
  delete payload.ts;
  return JSON.stringify(number % 2 === 0 ? { ...payload, ts } : { id: 1, payload, ts });
}

/** What the database is to hold of a message. */
export function flatForm(message: Payload, ts: string): Payload {
  return { ...message, ts };
}

/** One kind after another, over and over. */
export function kindAt(kinds: readonly Payload[], index: number): Payload {
  const kind = kinds[index % kinds.length];
  if (kind === undefined) throw new Error('There are no messages.');
  return kind;
}
