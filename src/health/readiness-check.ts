import { Injectable } from '@nestjs/common';
import { InjectMetric, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Gauge } from 'prom-client';
import { Lifecycle } from '../platform/lifecycle/index.js';
import { type DatabaseProblem, DatabaseWatch } from '../storage/index.js';
import { BatchQueue } from '../telemetry/index.js';

export const readinessMetricProvider = makeGaugeProvider({
  name: 'tetcore_ready',
  help: 'Whether nodes may be sent here, as /health/ready says: 1 or 0.',
});

/** Whether nodes may be sent here. */
@Injectable()
export class ReadinessCheck {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly queue: BatchQueue,
    private readonly database: DatabaseWatch,
    @InjectMetric('tetcore_ready') gauge: Gauge,
  ) {
    // prom-client calls it before each scrape; the constructor's option cannot reach into the injector.
    Object.assign(gauge, { collect: () => gauge.set(this.obstacle === undefined ? 1 : 0) });
  }

  /** Why they may not, as a sentence. */
  get obstacle(): string | undefined {
    if (!this.lifecycle.running) return `The server is ${this.lifecycle.state}.`;
    if (this.queue.full) return 'Memory and journal are full.';
    return undefined;
  }

  /** Why what they send has to wait. */
  get problem(): DatabaseProblem | undefined {
    return this.database.problem;
  }
}
