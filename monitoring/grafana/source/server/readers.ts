import { lines, promql } from '../panels.js';
import { chosen, increase, quantile, quantiles, rate } from './expressions.js';

export const READERS = [
  lines({
    title: 'Requests',
    description: 'HTTP requests per second by status.',
    unit: 'reqps',
    min: 0,
    targets: promql([rate('tetcore_http_request_seconds_count', 'status'), '{{status}}']),
  }),
  lines({
    title: 'Slowest routes',
    description: '95th percentile of the request duration of the ten slowest routes.',
    unit: 's',
    min: 0,
    targets: promql([
      `topk(10, ${quantile(0.95, 'tetcore_http_request_seconds', 'method', 'route')})`,
      '{{method}} {{route}}',
    ]),
  }),
  lines({
    title: 'Request duration',
    description: 'All routes, until the end of the response.',
    unit: 's',
    min: 0,
    targets: promql(...quantiles('tetcore_http_request_seconds')),
  }),
  lines({
    title: 'Unauthorized requests',
    description: 'Responses with status 401 or 403, by reason, per interval.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_http_unauthorized_total', 'reason'), '{{reason}}']),
  }),
  lines({
    title: 'Clients of the live feed',
    description: 'Open sockets, sockets that have not authenticated yet, and subscriptions.',
    unit: 'short',
    min: 0,
    targets: promql(
      [`sum(${chosen('tetcore_feed_sockets')})`, 'sockets'],
      [`sum(${chosen('tetcore_feed_sockets_waiting')})`, 'waiting'],
      [`sum(${chosen('tetcore_feed_subscriptions')})`, 'subscriptions'],
    ),
  }),
  lines({
    title: 'Closed feed sockets',
    description: 'By reason, per interval. See "Ends" in docs/metrics.md.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_feed_sockets_closed_total', 'reason'), '{{reason}}']),
  }),
  lines({
    title: 'Rows sent to feed clients',
    description: 'Messages and aggregates per second.',
    unit: 'cps',
    min: 0,
    targets: promql([rate('tetcore_feed_rows_sent_total', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Cache of the live feed',
    description: 'Memory of cached messages. The limit is CACHE_MAX_MIB.',
    unit: 'bytes',
    min: 0,
    targets: promql([chosen('tetcore_feed_cached_bytes'), '{{instance}}']),
  }),
  lines({
    title: 'Update duration',
    description: '99th percentile of the duration of an update of the live feed and of the network state.',
    unit: 's',
    min: 0,
    targets: promql(
      [quantile(0.99, 'tetcore_feed_update_seconds'), 'feed'],
      [quantile(0.99, 'tetcore_network_update_seconds'), 'network'],
    ),
  }),
  lines({
    title: 'Failures of the live feed',
    description: 'Failed updates and fills of the cache, which are retried, per interval.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_feed_failures_total', 'work'), '{{work}}']),
  }),
];
