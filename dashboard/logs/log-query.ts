import { boundsOf, readRange, type TimeRange } from '../shared/time-range.js';

/** The query of the page. */
export interface LogQuery {
  peerId: string;
  /** The id or name of the chain; '' for all. */
  chain: string;
  /** A message type; '' for all. */
  msg: string;
  /** The target of a trace or the origin of a block; '' for all. */
  target: string;
  range: TimeRange;
  /** Shows new messages live. */
  follow: boolean;
}

export function readLogQuery(query: URLSearchParams): LogQuery {
  const range = readRange(query, 'all');
  return {
    peerId: query.get('peer_id') ?? '',
    chain: query.get('chain') ?? '',
    msg: query.get('msg') ?? '',
    target: query.get('target') ?? '',
    range,
    follow: query.get('follow') === '1' && canFollow(range),
  };
}

/** A range with an end contains no new messages. */
export function canFollow(range: TimeRange): boolean {
  return 'last' in range || range.to === undefined;
}

/** The parameters of `GET /nodes/log_stats`. */
interface NodeParameters {
  peer_id: string;
  chain?: string;
  start_time?: string;
  end_time?: string;
}

/** The parameters of `GET /nodes/logs`. */
export function parametersOf(logQuery: LogQuery): NodeParameters & { msg?: string; target?: string } {
  const { msg, target } = logQuery;
  return {
    ...nodeParametersOf(logQuery),
    ...(msg !== '' && { msg }),
    ...(target !== '' && { target }),
  };
}

export function nodeParametersOf({
  peerId,
  chain,
  range,
}: Pick<LogQuery, 'peerId' | 'chain' | 'range'>): NodeParameters {
  const { start, end } = boundsOf(range);
  return {
    peer_id: peerId,
    ...(chain !== '' && { chain }),
    ...(start > 0 && { start_time: new Date(start).toISOString() }),
    ...(!canFollow(range) && { end_time: new Date(end).toISOString() }),
  };
}
