import { type ApiSchema, responseData, api } from '../shared/api.js';

const PAGE = 1000;
/** A node that reconnects every second has had enough of attention with so many. */
const MAX_ROWS = 10_000;

export type NodeSession = ApiSchema<'NodeConnection'>;

export interface Sessions {
  /** Newest first: those of the time, and the last one before it. */
  list: NodeSession[];
  /** There are more than are read. */
  cut: boolean;
  /** When they were read: milliseconds since the epoch. */
  now: number;
}

/** The connections of a node, on one chain or on all, since a time: milliseconds since the epoch. */
export async function loadSessions(
  peerId: string,
  chain: string | undefined,
  start: number,
  signal: AbortSignal,
): Promise<Sessions> {
  const list: NodeSession[] = [];
  while (list.length < MAX_ROWS) {
    const cursor = list.at(-1)?.id;
    const page = await responseData(
      api.GET('/nodes/{peer_id}/connections', {
        params: {
          path: { peer_id: peerId },
          query: {
            limit: PAGE,
            ...(cursor !== undefined && { cursor }),
            ...(chain !== undefined && { chain }),
          },
        },
        signal,
      }),
    );
    list.push(...page);
    const oldest = page.at(-1);
    if (page.length < PAGE || oldest === undefined || Date.parse(oldest.created_at) < start) {
      return { list, cut: false, now: Date.now() };
    }
  }
  return { list, cut: true, now: Date.now() };
}

/** When a session ended; of one that is open, now. */
export function endOf({ ended_at, connected, last_message_at }: NodeSession, now: number): number {
  if (ended_at !== null) return Date.parse(ended_at);
  return connected ? now : Date.parse(last_message_at);
}
