/** What is looked at, in the order in which it is written. The end of a name is its unit. */
export const COLUMNS = [
  /** Since all nodes were connected. */
  'at_s',
  'rss_mib',
  'heap_used_mib',
  'heap_total_mib',
  /** Of C++ objects and array buffers. */
  'external_mib',
  'event_loop_p99_ms',
  'open_files',
  'handles',
  'resources',
  'database_connections',
  'queue_batches',
  'journal_mib',
  'node_sockets',
  'feed_sockets',
  'feed_cache_mib',
  'received_per_s',
  'stored_per_s',
] as const;

export type Column = (typeof COLUMNS)[number];

/** A look at the server. */
export type Sample = Record<Column, number>;
