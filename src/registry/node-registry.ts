import { Injectable, Logger } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Gauge } from 'prom-client';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';
import { OutageLog } from '../platform/async/index.js';
import { Lifecycle, ScheduledJob } from '../platform/lifecycle/index.js';
import { inTransaction } from '../storage/index.js';
import { registryPass, type RegistryPass } from './registry-pass.js';

export const registryMetricProviders = [
  makeGaugeProvider({
    name: 'tetcore_registry_rows',
    help: 'Rows of the tables chains and nodes at the last update.',
    labelNames: ['table'],
  }),
  makeGaugeProvider({
    name: 'tetcore_registry_last_pass_timestamp_seconds',
    help: 'Time of the last update of chains and nodes by any replica, by the database clock.',
  }),
  makeCounterProvider({
    name: 'tetcore_registry_failures_total',
    help: 'Failed updates of chains and nodes. The next update catches up.',
  }),
];

/** Unknown values are absent, rather than 0. */
@Injectable()
export class RegistryMetrics {
  constructor(
    @InjectMetric('tetcore_registry_rows') private readonly rows: Gauge<'table'>,
    @InjectMetric('tetcore_registry_last_pass_timestamp_seconds') private readonly lastPass: Gauge,
    @InjectMetric('tetcore_registry_failures_total') private readonly failures: Counter,
  ) {
    // A gauge without labels begins with 0.
    lastPass.remove();
  }

  /** @param state rows by table, and seconds since the epoch */
  is({ chains, nodes, passedAt }: { chains: number; nodes: number; passedAt: number | null }): void {
    this.rows.set({ table: 'chains' }, chains);
    this.rows.set({ table: 'nodes' }, nodes);
    if (passedAt !== null) this.lastPass.set(passedAt);
  }

  failed(): void {
    this.failures.inc();
  }
}

const INTERVAL_MS = 30_000;
/** Passes in a row, if one pass cannot read all ended connections. */
const MAX_PASSES = 10;

/** Updates `chains` and `nodes`, which outlive messages and connections. One replica does so at a time. */
@Injectable()
export class NodeRegistry {
  private readonly job: ScheduledJob;

  constructor(
    private readonly dataSource: DataSource,
    lifecycle: Lifecycle,
    private readonly metrics: RegistryMetrics,
  ) {
    const outage = new OutageLog(new Logger(NodeRegistry.name), {
      begins: (reason) => `The node registry could not be updated, retrying: ${reason}`,
    });
    this.job = new ScheduledJob(lifecycle, outage, () => metrics.failed());
  }

  /** Aborts a running pass. A later one makes up for it. */
  stop(): void {
    this.job.stop();
  }

  @Interval(INTERVAL_MS)
  async update(): Promise<void> {
    await this.job.run(() => this.passes());
  }

  /**
   * Runs one pass, in a transaction.
   *
   * @returns null if another replica is running one
   * @throws errors of the database; then nothing was changed
   */
  async pass(): Promise<RegistryPass | null> {
    return await inTransaction(this.dataSource, (client) => registryPass(client, this.job.signal));
  }

  private async passes(): Promise<void> {
    for (let passes = 0; passes < MAX_PASSES; passes += 1) {
      const pass = await this.pass();
      if (pass?.behind !== true) break;
    }
    this.metrics.is(await stateOf(this.dataSource));
  }
}

async function stateOf(
  dataSource: DataSource,
): Promise<{ chains: number; nodes: number; passedAt: number | null }> {
  const [state] = await dataSource.query<{ chains: number; nodes: number; passed_at: number | null }[]>(
    `SELECT (SELECT count(*) FROM chains)::float8 AS chains, (SELECT count(*) FROM nodes)::float8 AS nodes,
            (SELECT extract(epoch FROM passed_at) FROM node_registry)::float8 AS passed_at`,
  );
  return { chains: state?.chains ?? 0, nodes: state?.nodes ?? 0, passedAt: state?.passed_at ?? null };
}
