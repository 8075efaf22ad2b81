import { Injectable } from '@nestjs/common';
import { InjectMetric, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Gauge } from 'prom-client';

export const databaseSizeMetricProviders = [
  makeGaugeProvider({
    name: 'tetcore_database_size_bytes',
    help: 'Size of the database on disk, in bytes, measured within the last minute. Absent while it cannot be queried.',
  }),
  makeGaugeProvider({
    name: 'tetcore_table_size_bytes',
    help: 'Size of the partitions of messages with their indexes, in bytes, by table.',
    labelNames: ['table'],
  }),
];

/** How large the database is. What is not known is absent, rather than 0. */
@Injectable()
export class DatabaseSizeMetrics {
  constructor(
    @InjectMetric('tetcore_database_size_bytes') private readonly database: Gauge,
    @InjectMetric('tetcore_table_size_bytes') private readonly tables: Gauge,
  ) {
    // A gauge without labels begins with 0.
    this.forget();
  }

  forget(): void {
    this.database.remove();
    this.tables.reset();
  }

  databaseIs(bytes: number): void {
    this.database.set(bytes);
  }

  /** @param sizes bytes by table; of the others nothing is known */
  tablesAre(sizes: ReadonlyMap<string, number>): void {
    this.tables.reset();
    for (const [table, bytes] of sizes) this.tables.set({ table }, bytes);
  }
}
