import { lines, promql } from '../panels.js';
import { chosen, increase, quantile, quantiles, rate } from './expressions.js';

export const READERS = [
  lines({
    title: 'Requests',
    description: 'HTTP requests a second by status.',
    unit: 'reqps',
    min: 0,
    targets: promql([rate('tetcore_http_request_seconds_count', 'status'), '{{status}}']),
  }),
  lines({
    title: 'Slowest routes',
    description: 'The 95th percentile until the end of the answer, of the ten slowest routes.',
    unit: 's',
    min: 0,
    targets: promql([
      `topk(10, ${quantile(0.95, 'tetcore_http_request_seconds', 'method', 'route')})`,
      '{{method}} {{route}}',
    ]),
  }),
  lines({
    title: 'Time of a request',
    description: 'Of all routes, until the end of the answer.',
    unit: 's',
    min: 0,
    targets: promql(...quantiles('tetcore_http_request_seconds')),
  }),
  lines({
    title: 'Refused requests',
    description: 'With 401 or 403, by what is wrong with the token, in each interval.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_http_unauthorized_total', 'reason'), '{{reason}}']),
  }),
  lines({
    title: 'Clients of the live feed',
    description: 'Sockets that are open, those that have yet to show a token, and subscriptions.',
    unit: 'short',
    min: 0,
    targets: promql(
      [`sum(${chosen('tetcore_feed_sockets')})`, 'sockets'],
      [`sum(${chosen('tetcore_feed_sockets_waiting')})`, 'waiting'],
      [`sum(${chosen('tetcore_feed_subscriptions')})`, 'subscriptions'],
    ),
  }),
  lines({
    title: 'Ends of feed clients',
    description: 'By reason, in each interval. See "Ends" in docs/metrics.md.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_feed_sockets_closed_total', 'reason'), '{{reason}}']),
  }),
  lines({
    title: 'Rows sent to feed clients',
    description: 'Messages and aggregates a second.',
    unit: 'cps',
    min: 0,
    targets: promql([rate('tetcore_feed_rows_sent_total', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Cache of the live feed',
    description: 'Memory that cached messages take; CACHE_MAX_MIB bounds it.',
    unit: 'bytes',
    min: 0,
    targets: promql([chosen('tetcore_feed_cached_bytes'), '{{instance}}']),
  }),
  lines({
    title: 'Reading what is new',
    description: 'The 99th percentile of what the live feed and the state of the network take for an update.',
    unit: 's',
    min: 0,
    targets: promql(
      [quantile(0.99, 'tetcore_feed_update_seconds'), 'feed'],
      [quantile(0.99, 'tetcore_network_update_seconds'), 'network'],
    ),
  }),
  lines({
    title: 'Failures of the live feed',
    description: 'Updates and fills of the cache that failed and are made again, in each interval.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_feed_failures_total', 'work'), '{{work}}']),
  }),
];
