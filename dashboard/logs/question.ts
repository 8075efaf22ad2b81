import { boundsOf, readRange, type TimeRange } from '../shared/time-range.js';

/** What the reader wants to see: the query of the page. */
export interface Question {
  peerId: string;
  /** A type of message; '' for all. */
  msg: string;
  /** The target of a trace or the origin of a block; '' for all. */
  target: string;
  range: TimeRange;
  /** New messages are shown as they come. */
  follow: boolean;
}

export function readQuestion(query: URLSearchParams): Question {
  const range = readRange(query, 'all');
  return {
    peerId: query.get('peer_id') ?? '',
    msg: query.get('msg') ?? '',
    target: query.get('target') ?? '',
    range,
    follow: query.get('follow') === '1' && canFollow(range),
  };
}

/** What comes now is not in a time that has ended. */
export function canFollow(range: TimeRange): boolean {
  return 'last' in range || range.to === undefined;
}

/** The parameters of `GET /nodes/logs`, and with `onlyTimes` of `GET /nodes/log_stats`. */
export function parametersOf({ peerId, msg, target, range }: Question): {
  peer_id: string;
  start_time?: string;
  end_time?: string;
  msg?: string;
  target?: string;
} {
  return {
    ...timesOf(peerId, range),
    ...(msg !== '' && { msg }),
    ...(target !== '' && { target }),
  };
}

export function timesOf(
  peerId: string,
  range: TimeRange,
): { peer_id: string; start_time?: string; end_time?: string } {
  const { start, end } = boundsOf(range);
  return {
    peer_id: peerId,
    ...(start > 0 && { start_time: new Date(start).toISOString() }),
    ...(!canFollow(range) && { end_time: new Date(end).toISOString() }),
  };
}
