import { lines, promql } from '../panels.js';
import { chosen, CHOSEN, increase, quantile, rate, setting } from './expressions.js';

export const NODES = [
  lines({
    title: 'Sockets',
    description: 'Open sockets of nodes, and the limit (TELEMETRY_MAX_CONNECTIONS).',
    unit: 'short',
    min: 0,
    bound: 'bound',
    targets: promql(
      [`job_instance:tetcore_sockets:sum{${CHOSEN}}`, '{{instance}}'],
      [setting('telemetry_max_connections'), 'bound'],
    ),
  }),
  lines({
    title: 'Connected nodes',
    description: 'Nodes on open sockets.',
    unit: 'short',
    min: 0,
    stacked: true,
    targets: promql([chosen('tetcore_connections'), '{{instance}}']),
  }),
  lines({
    title: 'Nodes by status',
    description:
      'Of the 20 largest chains. See "The status of a node" in docs/api.md. Each server has all of them.',
    unit: 'short',
    min: 0,
    stacked: true,
    targets: promql([
      `sum by (status) (max by (chain, name, status) (${chosen('tetcore_chain_status_nodes')}))`,
      '{{status}}',
    ]),
  }),
  lines({
    title: 'Opened sockets',
    description: 'Per second, by path. High values indicate nodes that reconnect repeatedly.',
    unit: 'cps',
    min: 0,
    targets: promql([rate('tetcore_sockets_opened_total', 'path'), '{{path}}']),
  }),
  lines({
    title: 'Closed sockets',
    description: 'By reason, per interval: docs/metrics.md explains the reasons.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_sockets_closed_total', 'reason'), '{{reason}}']),
  }),
  lines({
    title: 'Rejected handshakes',
    description: 'By reason, per interval. See "Refusals" in docs/metrics.md.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_upgrades_refused_total', 'reason'), '{{reason}}']),
  }),
  lines({
    title: 'Rejected connections',
    description: 'TCP connections that were closed before a request was processed, by reason.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_http_connections_refused_total', 'reason'), '{{reason}}']),
  }),
];

export const PROCESS = [
  lines({
    title: 'Memory',
    description: 'Resident memory of the process, and the JavaScript heap in use.',
    unit: 'bytes',
    min: 0,
    targets: promql(
      [chosen('process_resident_memory_bytes'), '{{instance}}'],
      [chosen('nodejs_heap_size_used_bytes'), '{{instance}} heap'],
    ),
  }),
  lines({
    title: 'CPU',
    description: 'CPU cores in use. The main thread is saturated near 100 %.',
    unit: 'percentunit',
    min: 0,
    targets: promql([rate('process_cpu_seconds_total', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Event loop lag',
    description: '99th percentile of the event loop lag since the last scrape.',
    unit: 's',
    min: 0,
    targets: promql([chosen('nodejs_eventloop_lag_p99_seconds'), '{{instance}}']),
  }),
  lines({
    title: 'Garbage collection',
    description: 'Share of time spent in garbage collection.',
    unit: 'percentunit',
    min: 0,
    targets: promql([rate('nodejs_gc_duration_seconds_sum', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Open files',
    description: 'Open file descriptors as a share of the limit (LimitNOFILE).',
    unit: 'percentunit',
    min: 0,
    targets: promql([`${chosen('process_open_fds')} / ${chosen('process_max_fds')}`, '{{instance}}']),
  }),
  lines({
    title: 'Message age on arrival',
    description:
      '90th percentile, by the clocks of the nodes. It includes their clock errors, which may be years.',
    unit: 's',
    min: 0,
    targets: promql([quantile(0.9, 'tetcore_message_clock_lag_seconds', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Scrape success',
    description: 'Whether Prometheus could scrape each server: 1 or 0.',
    unit: 'none',
    min: 0,
    targets: promql([`up{${CHOSEN}}`, '{{instance}}']),
  }),
];
