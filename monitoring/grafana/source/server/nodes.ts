import { lines, promql } from '../panels.js';
import { bound, chosen, CHOSEN, increase, quantile, rate } from './expressions.js';

export const NODES = [
  lines({
    title: 'Sockets',
    description: 'Sockets of nodes that are open, and how many a server takes (TELEMETRY_MAX_CONNECTIONS).',
    unit: 'short',
    min: 0,
    bound: 'bound',
    targets: promql(
      [`job_instance:tetcore_sockets:sum{${CHOSEN}}`, '{{instance}}'],
      [bound('sockets'), 'bound'],
    ),
  }),
  lines({
    title: 'Connected nodes',
    description: 'Nodes on the sockets that are open.',
    unit: 'short',
    min: 0,
    stacked: true,
    targets: promql([chosen('tetcore_connections'), '{{instance}}']),
  }),
  lines({
    title: 'Sockets that were opened',
    description: 'A second, by path. Many are nodes that dial again and again.',
    unit: 'cps',
    min: 0,
    targets: promql([rate('tetcore_sockets_opened_total', 'path'), '{{path}}']),
  }),
  lines({
    title: 'Sockets that ended',
    description: 'By reason, in each interval: docs/metrics.md explains them.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_sockets_closed_total', 'reason'), '{{reason}}']),
  }),
  lines({
    title: 'Refused handshakes',
    description: 'By reason, in each interval. See "Refusals" in docs/metrics.md.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_upgrades_refused_total', 'reason'), '{{reason}}']),
  }),
  lines({
    title: 'Refused connections',
    description: 'TCP connections that were ended before there was a request to answer, by reason.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_http_connections_refused_total', 'reason'), '{{reason}}']),
  }),
];

export const PROCESS = [
  lines({
    title: 'Memory',
    description: 'What the process takes of the machine, and what of it is the heap of JavaScript.',
    unit: 'bytes',
    min: 0,
    targets: promql(
      [chosen('process_resident_memory_bytes'), '{{instance}}'],
      [chosen('nodejs_heap_size_used_bytes'), '{{instance}} heap'],
    ),
  }),
  lines({
    title: 'CPU',
    description: 'Seconds of a core that each process takes a second. Above 1 it waits for itself.',
    unit: 'percentunit',
    min: 0,
    targets: promql([rate('process_cpu_seconds_total', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Event loop',
    description:
      'How late the process comes to what it has to do: the 99th percentile since the last scrape.',
    unit: 's',
    min: 0,
    targets: promql([chosen('nodejs_eventloop_lag_p99_seconds'), '{{instance}}']),
  }),
  lines({
    title: 'Garbage collection',
    description: 'The share of the time that it takes.',
    unit: 'percentunit',
    min: 0,
    targets: promql([rate('nodejs_gc_duration_seconds_sum', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Open files',
    description: 'The share of the files that are open, of those that a process may open (LimitNOFILE).',
    unit: 'percentunit',
    min: 0,
    targets: promql([`${chosen('process_open_fds')} / ${chosen('process_max_fds')}`, '{{instance}}']),
  }),
  lines({
    title: 'From a message to its arrival',
    description:
      'By the clocks of the nodes: the 90th percentile. It includes how far they are off, which may be years.',
    unit: 's',
    min: 0,
    targets: promql([quantile(0.9, 'tetcore_message_clock_lag_seconds', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Answering scrapes',
    description: 'Whether Prometheus could scrape each server: 1 or 0.',
    unit: 'none',
    min: 0,
    targets: promql([`up{${CHOSEN}}`, '{{instance}}']),
  }),
];
