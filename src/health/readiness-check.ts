import { Injectable } from '@nestjs/common';
import { InjectMetric, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Gauge } from 'prom-client';
import { Lifecycle } from '../platform/lifecycle/index.js';
import { type DatabaseProblem, DatabaseWatch } from '../storage/index.js';
import { BatchQueue } from '../telemetry/index.js';

export const readinessMetricProvider = makeGaugeProvider({
  name: 'tetcore_ready',
  help: 'Whether the server accepts nodes, as /health/ready returns: 1 or 0.',
});

/** Whether the server accepts nodes. */
@Injectable()
export class ReadinessCheck {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly queue: BatchQueue,
    private readonly database: DatabaseWatch,
    @InjectMetric('tetcore_ready') gauge: Gauge,
  ) {
    // prom-client calls `collect` before each scrape. The gauge is created without access to the injector.
    Object.assign(gauge, { collect: () => gauge.set(this.obstacle === undefined ? 1 : 0) });
  }

  /** Why the server does not accept nodes. */
  get obstacle(): string | undefined {
    if (!this.lifecycle.running) return `The server is ${this.lifecycle.state}.`;
    if (this.queue.full) return 'Memory queue and journal are full.';
    return undefined;
  }

  /** The database problem that delays storing. */
  get problem(): DatabaseProblem | undefined {
    return this.database.problem;
  }
}
