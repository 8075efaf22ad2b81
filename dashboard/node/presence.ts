/** A connection of a node. Times: milliseconds since the epoch. */
export interface Session {
  start: number;
  /** The current time if it is open. */
  end: number;
  /** End reason; null while it is open. */
  reason: string | null;
}

/** `unknown`: the server was down, or the node had not connected before. */
export type PresenceState = 'connected' | 'away' | 'unknown';

export interface Presence {
  state: PresenceState;
  start: number;
  end: number;
}

/** End reasons after which the server was down, so that the node could not connect. */
const SERVER_DOWN = new Set(['shutdown', 'collector_lost']);

/**
 * The presence of a node from `start` to `end`, without gaps. A node with several connections is connected while any of
 * them is open.
 */
export function presenceOf(sessions: readonly Session[], start: number, end: number): Presence[] {
  const spans: Presence[] = [];
  let at = start;
  let state: PresenceState = 'unknown';
  const extendTo = (time: number, next: PresenceState): void => {
    const to = Math.min(Math.max(time, at), end);
    if (to > at) spans.push({ state: next, start: at, end: to });
    at = to;
  };
  for (const session of [...sessions].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (session.end < start) {
      state = stateAfter(session);
      continue;
    }
    extendTo(session.start, state);
    // A session within another one does not change the state.
    if (session.end < at) continue;
    extendTo(session.end, 'connected');
    state = stateAfter(session);
  }
  extendTo(end, state);
  return mergeAdjacent(spans);
}

/** Share of the known time during which the node was connected, from 0 to 1; undefined if no time is known. */
export function shareConnected(presence: readonly Presence[]): number | undefined {
  const sum = (wanted: PresenceState): number =>
    presence
      .filter(({ state }) => state === wanted)
      .reduce((total, { start, end }) => total + end - start, 0);
  const [connected, away] = [sum('connected'), sum('away')];
  return connected + away === 0 ? undefined : connected / (connected + away);
}

function stateAfter({ reason }: Session): PresenceState {
  return reason === null || SERVER_DOWN.has(reason) ? 'unknown' : 'away';
}

function mergeAdjacent(spans: readonly Presence[]): Presence[] {
  const result: Presence[] = [];
  for (const span of spans) {
    const last = result.at(-1);
    if (last?.state === span.state) last.end = span.end;
    else result.push({ ...span });
  }
  return result;
}
