import { figure, lines, promql } from '../panels.js';
import { chosen, JOB, rate } from './expressions.js';

export const STATE = [
  figure({
    title: 'Ready',
    description:
      'Whether each server takes in nodes: see "Health" in docs/operations.md. One that does not answer is not ready.',
    unit: 'none',
    words: { '0': { text: 'Not ready', color: 'red' }, '1': { text: 'Ready', color: 'green' } },
    width: 6,
    targets: promql([`${chosen('tetcore_ready')} or on (job, instance) 0 * ${chosen('up')}`, '{{instance}}']),
  }),
  figure({
    title: 'Held back',
    description: 'Whether nodes are not read from, because memory and journal are full.',
    unit: 'none',
    words: { '0': { text: 'No', color: 'green' }, '1': { text: 'Held back', color: 'red' } },
    targets: promql([`max(${chosen('tetcore_sockets_paused')})`, 'any']),
  }),
  figure({
    title: 'Nodes',
    description: 'Nodes that are connected. A socket may carry several.',
    unit: 'short',
    targets: promql([`sum(${chosen('tetcore_connections')})`, 'nodes']),
  }),
  figure({
    title: 'Messages a second',
    description: 'Frames of all servers that arrived within five minutes, of the recording rule.',
    unit: 'cps',
    targets: promql([`sum(job:tetcore_messages_received:rate5m{${JOB}})`, 'received']),
  }),
  figure({
    title: 'Rejected',
    description: 'The share of the messages of half an hour that could not be stored, of the recording rule.',
    unit: 'percentunit',
    width: 3,
    targets: promql([
      'max(job:tetcore_messages_rejected:ratio_rate30m{job="tetcore-analytics"})',
      'rejected',
    ]),
  }),
  figure({
    title: 'Version',
    description: 'The versions that run, and how many processes of each.',
    unit: 'short',
    width: 3,
    targets: promql([`count by (version) (${chosen('tetcore_build_info')})`, '{{version}}']),
  }),
];

export const MESSAGES = [
  lines({
    title: 'Received',
    description: 'Frames that arrived from nodes, a second, by server and path.',
    unit: 'cps',
    min: 0,
    targets: promql([rate('tetcore_messages_received_total', 'instance', 'path'), '{{instance}} {{path}}']),
  }),
  lines({
    title: 'What became of them',
    description: 'Messages a second by outcome: all should be stored. See "Outcomes" in docs/metrics.md.',
    unit: 'cps',
    min: 0,
    targets: promql([rate('tetcore_messages_total', 'outcome'), '{{outcome}}']),
  }),
  lines({
    title: 'Rejected by reason',
    description: 'Messages a second that could not be stored. The table rejected_messages has examples.',
    unit: 'cps',
    min: 0,
    targets: promql([rate('tetcore_messages_rejected_total', 'reason'), '{{reason}}']),
  }),
  lines({
    title: 'Bytes received',
    description: 'Of the frames of nodes, a second.',
    unit: 'Bps',
    min: 0,
    targets: promql([rate('tetcore_received_bytes_total', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Times that are not believed',
    description: 'Messages a second that are dated by our clock, since theirs is missing, or too far off.',
    unit: 'cps',
    min: 0,
    targets: promql([rate('tetcore_message_clock_total', 'reason'), '{{reason}}']),
  }),
  lines({
    title: 'Messages in a batch',
    description: 'The mean. DB_BATCH_SIZE bounds it.',
    unit: 'short',
    min: 0,
    targets: promql([
      `${rate('tetcore_batch_messages_sum', 'instance')} / ${rate('tetcore_batch_messages_count', 'instance')}`,
      '{{instance}}',
    ]),
  }),
];
