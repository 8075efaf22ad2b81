import { lines, promql } from '../panels.js';
import { bound, chosen, CHOSEN, increase, JOB, quantiles, setting } from './expressions.js';

export const STORAGE = [
  lines({
    title: 'Pending batches',
    description:
      'Batches in memory or in the journal that are not stored yet. The number grows while the database is slow or unavailable.',
    unit: 'short',
    min: 0,
    targets: promql([chosen('tetcore_queue_batches'), '{{instance}}']),
  }),
  lines({
    title: 'Batches stored',
    description: 'Per second (recording rule).',
    unit: 'cps',
    min: 0,
    targets: promql([`job_instance:tetcore_batches:rate5m{${CHOSEN}}`, '{{instance}}']),
  }),
  lines({
    title: 'Queue in memory',
    description: 'Memory of pending batches, and the limit (QUEUE_MAX_MIB).',
    unit: 'bytes',
    min: 0,
    bound: 'bound',
    targets: promql(
      [chosen('tetcore_queue_memory_bytes'), '{{instance}}'],
      [setting('queue_max_bytes'), 'bound'],
    ),
  }),
  lines({
    title: 'Journal',
    description:
      'Size of the journal on disk, and the limit (JOURNAL_MAX_MIB). When it is full, reading from nodes is paused.',
    unit: 'bytes',
    min: 0,
    bound: 'bound',
    targets: promql(
      [chosen('tetcore_journal_bytes'), '{{instance}}'],
      [setting('journal_max_bytes'), 'bound'],
    ),
  }),
  lines({
    title: 'Batch write duration',
    description: 'Duration of the successful attempt, with the wait for a connection.',
    unit: 's',
    min: 0,
    targets: promql(...quantiles('tetcore_batch_write_seconds')),
  }),
  lines({
    title: 'Store lag',
    description: 'Age of the oldest message of a batch when the batch was stored.',
    unit: 's',
    min: 0,
    targets: promql(...quantiles('tetcore_message_store_lag_seconds')),
  }),
  lines({
    title: 'Store lag by server',
    description: '99th percentile over five minutes (recording rule). Values above 5 s cause an alert.',
    unit: 's',
    min: 0,
    targets: promql([`job_instance:tetcore_message_store_lag_seconds:p99_rate5m{${CHOSEN}}`, '{{instance}}']),
  }),
  lines({
    title: 'Failed write attempts',
    description: 'Retried batches per interval. The log has the reason.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_batch_retries_total', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Replayed from journals',
    description: 'Messages stored from journals of ended processes, per interval.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_journal_replayed_messages_total', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Journal damage',
    description: 'Damaged sections found since the process started. Their messages are lost.',
    unit: 'short',
    min: 0,
    targets: promql([chosen('tetcore_journal_damage_total'), '{{instance}}']),
  }),
];

export const PURGE = [
  lines({
    title: 'Database size',
    description: 'Size with tables and indexes, as reported by PostgreSQL (recording rule).',
    unit: 'bytes',
    min: 0,
    targets: promql([`job:tetcore_database_size_bytes:max{${JOB}}`, '{{job}}']),
  }),
  lines({
    title: 'Database growth',
    description:
      'Growth over the last day (recording rule), and the growth below which there is never an alert. A purge can make it negative.',
    unit: 'bytes',
    bound: 'bound',
    targets: promql(
      [`job:tetcore_database_size_bytes:delta1d{${JOB}}`, '{{job}}'],
      [bound('database_growth_bytes'), 'bound'],
    ),
  }),
  lines({
    title: 'Size of message tables',
    description: 'Size of the partitions of expiring and of permanent messages, with indexes.',
    unit: 'bytes',
    min: 0,
    targets: promql([`max by (table) (${chosen('tetcore_table_size_bytes')})`, '{{table}}']),
  }),
  lines({
    title: 'Registry lag',
    description: 'Time since the last update of the tables chains and nodes, and the alert threshold.',
    unit: 's',
    min: 0,
    bound: 'bound',
    targets: promql(
      [`time() - max by (job) (tetcore_registry_last_pass_timestamp_seconds{${JOB}})`, '{{job}}'],
      [bound('registry_age_seconds'), 'bound'],
    ),
  }),
  lines({
    title: 'Time since last purge',
    description: 'Time since the last successful purge, and the alert threshold.',
    unit: 's',
    min: 0,
    bound: 'bound',
    targets: promql(
      [`time() - ${chosen('tetcore_purge_last_success_timestamp_seconds')}`, '{{instance}}'],
      [`6 * ${setting('purge_interval_seconds')}`, 'bound'],
    ),
  }),
  lines({
    title: 'Purges',
    description: 'By outcome, per interval. One replica purges at a time; the others skip.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_purges_total', 'outcome'), '{{outcome}}']),
  }),
  lines({
    title: 'Purged rows',
    description: 'Rows by table, per interval. Rows of dropped partitions are estimated.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_purged_rows_total', 'table'), '{{table}}']),
  }),
  lines({
    title: 'Dropped partitions',
    description: 'Expired partitions of messages, per interval.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_purged_partitions_total', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Purge duration',
    description: 'Duration of the last purge of each process.',
    unit: 's',
    min: 0,
    targets: promql([chosen('tetcore_purge_duration_seconds'), '{{instance}}']),
  }),
];
