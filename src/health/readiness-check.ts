import { Injectable } from '@nestjs/common';
import { InjectMetric, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Gauge } from 'prom-client';
import { Lifecycle } from '../platform/lifecycle/index.js';
import { DatabaseWatch } from '../storage/index.js';
import { BatchQueue } from '../telemetry/index.js';

export const readinessMetricProvider = makeGaugeProvider({
  name: 'tetcore_ready',
  help: 'Whether the server accepts nodes, as /health/ready returns: 1 or 0.',
});

const QUEUE_IS_FULL = 'The delivery queue is full.';

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
    const { failure, running, state } = this.lifecycle;
    if (failure !== undefined) return failure;
    if (!running) return `The server is ${state}.`;
    if (!this.queue.full) return undefined;
    const { problem } = this;
    return problem === undefined ? QUEUE_IS_FULL : `${QUEUE_IS_FULL} ${problem.reason}`;
  }

  /** What delays storing, or may lose messages: of the database, of the journal, or of both. */
  get problem(): { reason: string; since: Date } | undefined {
    const problems = [this.database.problem, this.queue.journalProblem].filter(
      (problem) => problem !== undefined,
    );
    if (problems.length === 0) return undefined;
    return {
      reason: problems.map(({ reason }) => reason).join(' '),
      since: new Date(Math.min(...problems.map(({ since }) => since.getTime()))),
    };
  }
}
