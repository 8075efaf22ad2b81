import { Injectable, Logger } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Gauge } from 'prom-client';
import { Interval } from '@nestjs/schedule';
import type { Client, ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { OutageLog } from '../platform/async/index.js';
import { Lifecycle } from '../platform/lifecycle/index.js';
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
  private readonly logger = new Logger(NodeRegistry.name);
  private readonly abort = new AbortController();
  private running: Promise<void> | undefined;
  private readonly outage = new OutageLog(this.logger, {
    begins: (reason) => `The node registry could not be updated, retrying: ${reason}`,
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly lifecycle: Lifecycle,
    private readonly metrics: RegistryMetrics,
  ) {}

  /** Aborts a running pass. A later one makes up for it. */
  stop(): void {
    this.abort.abort(new Error('The server is stopping.'));
  }

  @Interval(INTERVAL_MS)
  async update(): Promise<void> {
    if (!this.lifecycle.running || this.abort.signal.aborted) return;
    // One that exceeds the interval is not started twice.
    await (this.running ??= this.updateOnce().finally(() => (this.running = undefined)));
  }

  /**
   * Runs one pass, in a transaction.
   *
   * @returns null if another replica is running one
   * @throws errors of the database; then nothing was changed
   */
  async pass(): Promise<RegistryPass | null> {
    return await this.withClient(async (client) => {
      await client.query('BEGIN');
      const pass = await registryPass(client, this.abort.signal);
      await client.query('COMMIT');
      return pass;
    });
  }

  private async updateOnce(): Promise<void> {
    try {
      for (let passes = 0; passes < MAX_PASSES; passes += 1) {
        const pass = await this.pass();
        if (pass?.behind !== true) break;
      }
      this.metrics.is(await this.withClient(stateOf));
      this.outage.succeeded();
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.metrics.failed();
      this.outage.failed(error);
    }
  }

  private async withClient<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    await using runner = this.dataSource.createQueryRunner();
    const client = (await runner.connect()) as Client;
    try {
      return await work(client);
    } catch (error) {
      // A transaction that may be open must not go back to the pool.
      await client.end().catch(() => undefined);
      throw error;
    }
  }
}

async function stateOf(
  client: ClientBase,
): Promise<{ chains: number; nodes: number; passedAt: number | null }> {
  const { rows } = await client.query<{ chains: number; nodes: number; passed_at: number | null }>(
    `SELECT (SELECT count(*) FROM chains)::float8 AS chains, (SELECT count(*) FROM nodes)::float8 AS nodes,
            (SELECT extract(epoch FROM passed_at) FROM node_registry)::float8 AS passed_at`,
  );
  const [state] = rows;
  return { chains: state?.chains ?? 0, nodes: state?.nodes ?? 0, passedAt: state?.passed_at ?? null };
}
