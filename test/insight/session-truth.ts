import { type NetworkOptions, SimulatedNetwork, TruthLog } from '../../src/simulator/index.js';

/** What lasted: milliseconds since the epoch; `ended` is Infinity for what is still going on. */
export interface Span {
  peerId: string;
  began: number;
  ended: number;
}

export interface Link extends Span {
  cause: 'restart' | 'link_lost' | 'collector' | 'identity' | null;
}

export interface Process extends Span {
  endCause: 'restart' | 'crash' | null;
}

export interface VersionChange {
  peerId: string;
  at: number;
  from: string;
  to: string;
}

/** What really happened to the connections and processes of nodes. */
export interface SessionTruth {
  peers: Map<string, { chain: string; version: string; implementation: string }>;
  links: Link[];
  processes: Process[];
  outages: Omit<Span, 'peerId'>[];
  versions: VersionChange[];
}

type Line = Readonly<Record<string, string | null>>;

/** @param endAt end of the history: milliseconds since the epoch */
export function sessionTruth(options: NetworkOptions, endAt: number): SessionTruth {
  const truth = noSessions();
  const log = new TruthLog({
    kinds: ['node', 'link', 'process', 'outage', 'version'],
    endAt,
    write: (line) => addToSessions(truth, JSON.parse(line) as Line),
  });
  for (const { at } of new SimulatedNetwork({ ...options, observer: log }).events()) if (at >= endAt) break;
  log.end();
  return truth;
}

export function noSessions(): SessionTruth {
  return { peers: new Map(), links: [], processes: [], outages: [], versions: [] };
}

/** @param line one of the kinds `node`, `link`, `process`, `outage` and `version` */
export function addToSessions(truth: SessionTruth, line: Line): void {
  const peerId = line.peer_id ?? '';
  const ms = (time: string | null | undefined): number =>
    typeof time === 'string' ? Date.parse(time) : Infinity;
  const span = { peerId, began: ms(line.began), ended: ms(line.ended) };
  const { kind, cause, end_cause: endCause, chain, version, implementation, from, to } = line;
  if (kind === 'node')
    truth.peers.set(peerId, {
      chain: chain ?? '',
      version: version ?? '',
      implementation: implementation ?? '',
    });
  else if (kind === 'link') truth.links.push({ ...span, cause: (cause ?? null) as Link['cause'] });
  else if (kind === 'process')
    truth.processes.push({ ...span, endCause: (endCause ?? null) as Process['endCause'] });
  else if (kind === 'outage') truth.outages.push(span);
  else truth.versions.push({ peerId, at: ms(line.at), from: from ?? '', to: to ?? '' });
}

/** The time that ranges cover together, within bounds: milliseconds. */
export function covered(
  ranges: readonly { began: number; ended: number }[],
  from: number,
  to: number,
): number {
  let [sum, reached] = [0, from];
  for (const { began, ended } of [...ranges].sort((one, other) => one.began - other.began)) {
    const [begin, end] = [Math.max(began, reached), Math.min(ended, to)];
    if (end <= begin) continue;
    sum += end - begin;
    reached = end;
  }
  return sum;
}

/** A link, and what must be known of its end. */
export interface LinkEnd extends Link {
  /** Null if the link has not ended, or if the node has no later one. */
  endCause: 'restart' | 'link_lost' | 'observer' | null;
  /** Whether the next link is one of another process; null without a next one. */
  restarted: boolean | null;
}

/** All links, by peer id and time. */
export function linkEnds({ links, processes }: SessionTruth): LinkEnd[] {
  const ordered = [...links].sort((one, other) =>
    one.peerId === other.peerId ? one.began - other.began : one.peerId < other.peerId ? -1 : 1,
  );
  return ordered.map((link, index) => {
    const next = ordered[index + 1];
    const restarted =
      next?.peerId === link.peerId
        ? processes.some(
            (one) => one.peerId === link.peerId && one.began >= link.ended && one.began <= next.began,
          )
        : null;
    return { ...link, restarted, endCause: endCauseOf(link, restarted) };
  });
}

/** A process may also restart while its link is lost. */
function endCauseOf({ cause }: Link, restarted: boolean | null): LinkEnd['endCause'] {
  if (cause === null) return null;
  if (cause === 'collector') return 'observer';
  if (restarted === null) return null;
  return restarted ? 'restart' : 'link_lost';
}
