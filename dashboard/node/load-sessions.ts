import { type ApiSchema, responseData, api } from '../shared/api.js';

const PAGE_SIZE = 1000;
/** Limits the load of a node that reconnects every second. */
const MAX_ROWS = 10_000;

export type NodeSession = ApiSchema<'NodeConnection'>;

export interface Sessions {
  /** Newest first; includes all sessions in the time range. */
  list: NodeSession[];
  /** There are more sessions than are loaded. */
  isTruncated: boolean;
  /** Time of loading: milliseconds since the epoch. */
  now: number;
}

/** The connections of a node on one chain or all chains. @param start milliseconds since the epoch */
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
            limit: PAGE_SIZE,
            ...(cursor !== undefined && { cursor }),
            ...(chain !== undefined && { chain }),
          },
        },
        signal,
      }),
    );
    list.push(...page);
    const oldest = page.at(-1);
    if (page.length < PAGE_SIZE || oldest === undefined || Date.parse(oldest.created_at) < start) {
      return { list, isTruncated: false, now: Date.now() };
    }
  }
  return { list, isTruncated: true, now: Date.now() };
}

/** The end of a session; now if it is open. */
export function endOf({ ended_at, connected, last_message_at }: NodeSession, now: number): number {
  if (ended_at !== null) return Date.parse(ended_at);
  return connected ? now : Date.parse(last_message_at);
}
