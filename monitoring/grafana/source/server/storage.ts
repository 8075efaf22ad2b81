import { lines, promql } from '../panels.js';
import { bound, chosen, CHOSEN, increase, JOB, quantiles } from './expressions.js';

export const STORAGE = [
  lines({
    title: 'Batches that wait',
    description:
      'Batches that are not stored yet, in memory or on disk. Where they grow the database is slow or away.',
    unit: 'short',
    min: 0,
    targets: promql([chosen('tetcore_queue_batches'), '{{instance}}']),
  }),
  lines({
    title: 'Batches stored',
    description: 'A second, of the recording rule.',
    unit: 'cps',
    min: 0,
    targets: promql([`job_instance:tetcore_batches:rate5m{${CHOSEN}}`, '{{instance}}']),
  }),
  lines({
    title: 'Queue in memory',
    description: 'What batches take that wait, and how much they may (QUEUE_MAX_MIB).',
    unit: 'bytes',
    min: 0,
    bound: 'bound',
    targets: promql(
      [chosen('tetcore_queue_memory_bytes'), '{{instance}}'],
      [bound('queue_memory_bytes'), 'bound'],
    ),
  }),
  lines({
    title: 'Journal',
    description:
      'What the journal takes on disk, and how much it may (JOURNAL_MAX_MIB). Full, nodes are held back.',
    unit: 'bytes',
    min: 0,
    bound: 'bound',
    targets: promql([chosen('tetcore_journal_bytes'), '{{instance}}'], [bound('journal_bytes'), 'bound']),
  }),
  lines({
    title: 'Writing a batch',
    description: 'How long the attempt took that stored a batch, with the wait for a connection.',
    unit: 's',
    min: 0,
    targets: promql(...quantiles('tetcore_batch_write_seconds')),
  }),
  lines({
    title: 'From a message to its commit',
    description: 'The age of the first message of a batch when it was stored.',
    unit: 's',
    min: 0,
    targets: promql(...quantiles('tetcore_message_store_lag_seconds')),
  }),
  lines({
    title: 'Lag of each server',
    description: 'The 99th percentile of five minutes, of the recording rule. Above 5 s there is an alert.',
    unit: 's',
    min: 0,
    targets: promql([`job_instance:tetcore_message_store_lag_seconds:p99_rate5m{${CHOSEN}}`, '{{instance}}']),
  }),
  lines({
    title: 'Attempts that failed',
    description: 'Batches that are written again, in each interval. The log has the reason.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_batch_retries_total', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Stored from journals',
    description: 'Messages of processes that had ended, in each interval.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_journal_replayed_messages_total', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Damage of the journal',
    description: 'Damaged places that were met since the process started. What lay there is lost.',
    unit: 'short',
    min: 0,
    targets: promql([chosen('tetcore_journal_damage_total'), '{{instance}}']),
  }),
];

export const PURGE = [
  lines({
    title: 'Size of the database',
    description: 'As PostgreSQL tells it, with tables and indexes; of the recording rule.',
    unit: 'bytes',
    min: 0,
    targets: promql([`job:tetcore_database_size_bytes:max{${JOB}}`, '{{job}}']),
  }),
  lines({
    title: 'Growth of the database',
    description:
      'By how much it grew within the day before, of the recording rule, and how much is no alert, whatever it did before; purging makes it less than 0.',
    unit: 'bytes',
    bound: 'bound',
    targets: promql(
      [`job:tetcore_database_size_bytes:delta1d{${JOB}}`, '{{job}}'],
      [bound('database_growth_bytes'), 'bound'],
    ),
  }),
  lines({
    title: 'Size of the messages',
    description:
      'What the partitions of messages take, with their indexes: those that expire, and those for good.',
    unit: 'bytes',
    min: 0,
    targets: promql([`max by (table) (${chosen('tetcore_table_size_bytes')})`, '{{table}}']),
  }),
  lines({
    title: 'Since the registry was brought up to date',
    description:
      'How far the tables chains and nodes are behind, and how far they may be until there is an alert.',
    unit: 's',
    min: 0,
    bound: 'bound',
    targets: promql(
      [`time() - max by (job) (tetcore_registry_last_pass_timestamp_seconds{${JOB}})`, '{{job}}'],
      [bound('registry_age_seconds'), 'bound'],
    ),
  }),
  lines({
    title: 'Since the last purge',
    description: 'The time since a purge was done, and how long it may be until there is an alert.',
    unit: 's',
    min: 0,
    bound: 'bound',
    targets: promql(
      [`time() - ${chosen('tetcore_purge_last_success_timestamp_seconds')}`, '{{instance}}'],
      [bound('purge_age_seconds'), 'bound'],
    ),
  }),
  lines({
    title: 'Purges',
    description: 'By outcome, in each interval. All but one replica leave them to another.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_purges_total', 'outcome'), '{{outcome}}']),
  }),
  lines({
    title: 'What was purged',
    description: 'Rows by table, in each interval; those of whole partitions are an estimate.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_purged_rows_total', 'table'), '{{table}}']),
  }),
  lines({
    title: 'Partitions dropped',
    description: 'Partitions of messages that had expired, in each interval.',
    unit: 'short',
    min: 0,
    targets: promql([increase('tetcore_purged_partitions_total', 'instance'), '{{instance}}']),
  }),
  lines({
    title: 'Time of a purge',
    description: 'How long the last purge of each process took.',
    unit: 's',
    min: 0,
    targets: promql([chosen('tetcore_purge_duration_seconds'), '{{instance}}']),
  }),
];
