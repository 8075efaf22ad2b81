/** A connection of a node. Times: milliseconds since the epoch. */
export interface Session {
  start: number;
  /** Of one that is open: now. */
  end: number;
  /** Why it ended; null while it is open. */
  reason: string | null;
}

/** `unknown`: the server was down, or the node had not connected before. */
export type PresenceState = 'connected' | 'away' | 'unknown';

export interface Presence {
  state: PresenceState;
  start: number;
  end: number;
}

/** After these the server was gone, and the node could not be connected: not its fault. */
const SERVER_WENT = new Set(['shutdown', 'collector_lost']);

/**
 * Whether a node was there, from `start` to `end` without a gap. A node with several connections at once is there
 * while any of them is.
 */
export function presenceOf(sessions: readonly Session[], start: number, end: number): Presence[] {
  const spans: Presence[] = [];
  let at = start;
  let state: PresenceState = 'unknown';
  const until = (time: number, next: PresenceState): void => {
    const to = Math.min(Math.max(time, at), end);
    if (to > at) spans.push({ state: next, start: at, end: to });
    at = to;
  };
  for (const session of [...sessions].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (session.end < start) {
      state = stateAfter(session);
      continue;
    }
    until(session.start, state);
    // One that lies within another ends nothing.
    if (session.end < at) continue;
    until(session.end, 'connected');
    state = stateAfter(session);
  }
  until(end, state);
  return joined(spans);
}

/** How much of the time that is known about the node was there, from 0 to 1; undefined where nothing is known. */
export function shareConnected(presence: readonly Presence[]): number | undefined {
  const sum = (wanted: PresenceState): number =>
    presence
      .filter(({ state }) => state === wanted)
      .reduce((total, { start, end }) => total + end - start, 0);
  const [connected, away] = [sum('connected'), sum('away')];
  return connected + away === 0 ? undefined : connected / (connected + away);
}

function stateAfter({ reason }: Session): PresenceState {
  return reason === null || SERVER_WENT.has(reason) ? 'unknown' : 'away';
}

function joined(spans: readonly Presence[]): Presence[] {
  const result: Presence[] = [];
  for (const span of spans) {
    const last = result.at(-1);
    if (last?.state === span.state) last.end = span.end;
    else result.push({ ...span });
  }
  return result;
}
