import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Client, ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { Lifecycle } from '../platform/lifecycle/index.js';
import { RegistryMetrics } from './registry.metrics.js';
import { registryPass, type RegistryPass } from './registry-pass.js';

const EVERY_MS = 30_000;
/** Passes at once where more has ended than one of them reads. */
const MAX_PASSES = 10;

/** Keeps `chains` and `nodes` up to date: what outlives messages and connections. One replica does it at a time. */
@Injectable()
export class NodeRegistry {
  private readonly logger = new Logger(NodeRegistry.name);
  private readonly abort = new AbortController();
  private running: Promise<void> | undefined;
  private failing = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly lifecycle: Lifecycle,
    private readonly metrics: RegistryMetrics,
  ) {}

  /** What is left is for the next process: nothing waits for it. */
  stop(): void {
    this.abort.abort(new Error('The server is stopping.'));
  }

  @Interval(EVERY_MS)
  async update(): Promise<void> {
    if (!this.lifecycle.running || this.abort.signal.aborted) return;
    // One that takes longer than the interval is not begun twice.
    await (this.running ??= this.updateOnce().finally(() => (this.running = undefined)));
  }

  /**
   * One pass, in a transaction of its own.
   *
   * @returns null where another replica does it now
   * @throws errors of the database; nothing was changed then
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
      this.failing = false;
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.metrics.failed();
      if (!this.failing)
        this.logger.warn(`The node registry could not be updated, retrying: ${String(error)}`);
      this.failing = true;
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
