import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RowPieces } from '../../platform/async/index.js';
import { readRows } from '../../storage/index.js';

/** Reads the sizes of tables and indexes on disk. */
@Injectable()
export class RelationSizesReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns the JSON of RelationSizes, largest first */
  list(): RowPieces {
    return readRows(this.dataSource, { name: 'relation_sizes', text: SIZES });
  }
}

/**
 * The size of a table includes TOAST and maps. Indexes have rows of their own. `tetcore_logs`, a table of 0.1.4, is a
 * view of the message tables, and has the size of all their partitions.
 */
const SIZES = `
  SELECT json_build_object('relation', nspname || '.' || relname, 'size', pg_size_pretty(bytes),
                           'bytes', bytes)::text AS row
    FROM (SELECT nspname, relname,
                 CASE relkind WHEN 'i' THEN pg_relation_size(class.oid)
                      ELSE pg_table_size(class.oid) END AS bytes
            FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
           WHERE relkind IN ('r', 'm', 'i') AND nspname NOT IN ('pg_catalog', 'information_schema')
             AND nspname !~ '^pg_(toast|temp)'
           UNION ALL
          SELECT nspname, class.relname, sum(pg_table_size(partition.relid))::bigint
            FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = relnamespace,
                 LATERAL (SELECT relid FROM pg_partition_tree(to_regclass('logs_expiring'))
                           UNION ALL
                          SELECT relid FROM pg_partition_tree(to_regclass('logs_audit'))) AS partition
           WHERE class.oid = to_regclass('tetcore_logs') GROUP BY nspname, class.relname) AS relation
   -- A relation that was dropped meanwhile has no size.
   WHERE bytes IS NOT NULL
   ORDER BY bytes DESC, relname`;
