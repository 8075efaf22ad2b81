import { lines, promql, stat } from '../panels.js';
import { chosen, JOB, rate } from './expressions.js';

export const STATE = [
  stat({
    title: 'Ready',
    description:
      'Readiness of each server: see "Health" in docs/operations.md. A server that does not respond is not ready.',
    unit: 'none',
    words: { '0': { text: 'Not ready', color: 'red' }, '1': { text: 'Ready', color: 'green' } },
    width: 6,
    targets: promql([`${chosen('tetcore_ready')} or on (job, instance) 0 * ${chosen('up')}`, '{{instance}}']),
  }),
  stat({
    title: 'Reading paused',
    description: 'Whether reading from nodes is paused because the delivery queue is full.',
    unit: 'none',
    words: { '0': { text: 'No', color: 'green' }, '1': { text: 'Paused', color: 'red' } },
    targets: promql([`max(${chosen('tetcore_sockets_paused')})`, 'any']),
  }),
  stat({
    title: 'Nodes',
    description: 'Connected nodes. A socket can carry several.',
    unit: 'short',
    targets: promql([`sum(${chosen('tetcore_connections')})`, 'nodes']),
  }),
  stat({
    title: 'Messages per second',
    description: 'Frames received by all servers, averaged over five minutes (recording rule).',
    unit: 'cps',
    targets: promql([`sum(job:tetcore_messages_received:rate5m{${JOB}})`, 'received']),
  }),
  stat({
    title: 'Rejected',
    description: 'Share of rejected messages in the last 30 minutes (recording rule).',
    unit: 'percentunit',
    width: 3,
    targets: promql([
      'max(job:tetcore_messages_rejected:ratio_rate30m{job="tetcore-analytics"})',
      'rejected',
    ]),
  }),
  stat({
    title: 'Version',
    description: 'Running processes by version.',
    unit: 'short',
    width: 3,
    targets: promql([`count by (version) (${chosen('tetcore_build_info')})`, '{{version}}']),
  }),
];

export const MESSAGES = [
  lines({
    title: 'Received',
    description: 'Frames received from nodes per second, by server and path.',
    unit: 'cps',
    min: 0,
    targets: promql([rate('tetcore_messages_received_total', 'instance', 'path'), '{{instance}} {{path}}']),
  }),
  lines({
    title: 'Outcomes',
    description: 'Messages per second by outcome. All should be stored. See "Outcomes" in docs/metrics.md.',
    unit: 'cps',
    min: 0,
    targets: promql([rate('tetcore_messages_total', 'outcome'), '{{outcome}}']),
  }),
  lines({
    title: 'Rejected by reason',
    description: 'Rejected messages per second. The table rejected_messages has examples.',
    unit: 'cps',
    min: 0,
    targets: promql([rate('tetcore_messages_rejected_total', 'reason'), '{{reason}}']),
  }),
  lines({
    title: 'Bytes received',
    description: 'Bytes of frames from nodes per second.',
    unit: 'Bps',
    min: 0,
    targets: promql([rate('tetcore_received_bytes_total', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Corrected timestamps',
    description:
      'Messages per second whose timestamp is replaced by the time of arrival, because it is missing or too far off.',
    unit: 'cps',
    min: 0,
    targets: promql([rate('tetcore_message_clock_total', 'reason'), '{{reason}}']),
  }),
  lines({
    title: 'Messages in a batch',
    description: 'Mean batch size. The limit is DB_BATCH_SIZE.',
    unit: 'short',
    min: 0,
    targets: promql([
      `${rate('tetcore_batch_messages_sum', 'instance')} / ${rate('tetcore_batch_messages_count', 'instance')}`,
      '{{instance}}',
    ]),
  }),
];
