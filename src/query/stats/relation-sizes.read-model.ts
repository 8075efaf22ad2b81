import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { cursorRows, ReadTransaction } from '../../storage/index.js';

/** How much of the disk the database takes. */
@Injectable()
export class RelationSizesReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns the JSON of RelationSizes, the largest first */
  list(): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, (transaction) => cursorRows(transaction, SIZES, []));
  }
}

/** What a table stores outside of its rows, and its maps, count as the table's. Indexes have rows of their own. */
const SIZES = `
  SELECT json_build_object('relation', nspname || '.' || relname, 'size', pg_size_pretty(bytes),
                           'bytes', bytes)::text AS row
    FROM (SELECT nspname, relname,
                 CASE relkind WHEN 'i' THEN pg_relation_size(class.oid)
                      ELSE pg_table_size(class.oid) END AS bytes
            FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
           WHERE relkind IN ('r', 'm', 'i') AND nspname NOT IN ('pg_catalog', 'information_schema')
             AND nspname !~ '^pg_(toast|temp)') AS relation
   -- One that was dropped meanwhile has none.
   WHERE bytes IS NOT NULL
   ORDER BY bytes DESC, relname`;
