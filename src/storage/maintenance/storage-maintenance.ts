import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';
import { DatabaseClock } from '../clock/database-clock.js';
import { PartitionManager } from '../partitions/partition-manager.js';
import { CollectorRegistry } from './collector/collector-registry.js';
import { DatabaseSize } from './database-size.js';

/** Periodic tasks of storage. A failed one is retried at the next interval. */
@Injectable()
export class StorageMaintenance {
  private readonly logger = new Logger(StorageMaintenance.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly collectors: CollectorRegistry,
    private readonly partitions: PartitionManager,
    private readonly size: DatabaseSize,
    private readonly clock: DatabaseClock,
  ) {}

  @Interval(15_000)
  async heartbeat(): Promise<void> {
    await this.quietly(() => this.collectors.heartbeat());
  }

  @Interval(5_000)
  async measure(): Promise<void> {
    await this.quietly(() => this.size.measureIfDue());
  }

  @Interval(60_000)
  async sweep(): Promise<void> {
    await this.quietly(() => this.collectors.sweep());
  }

  @Interval(600_000)
  async createPartitions(): Promise<void> {
    await this.quietly(() => this.partitions.ensureAhead(this.clock.now()));
  }

  private async quietly(task: () => Promise<void>): Promise<void> {
    if (!this.dataSource.isInitialized) return;
    try {
      await task();
    } catch (error) {
      this.logger.debug(`Retried at the next interval: ${String(error)}`);
    }
  }
}
