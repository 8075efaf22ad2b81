import { Inject, Injectable } from '@nestjs/common';
import type { Batch, RejectedMessage } from '../../telemetry/index.js';
import { withDeadline } from '../../platform/async/index.js';
import { KnownNodes } from './known-nodes.js';
import { StageMetrics } from './stage.metrics.js';
import { StageQueue } from './stage-queue.js';
import { StoredStage } from './stored-stage.port.js';

/** Token: the stages after storing. */
export const STAGES = Symbol('STAGES');

/** Passes what is stored on to the stages after storing. Costs nothing where there are none. */
@Injectable()
export class Stages {
  private readonly nodes = new KnownNodes();
  private readonly queues: readonly StageQueue[];

  constructor(@Inject(STAGES) stages: readonly StoredStage[], metrics: StageMetrics) {
    this.queues = stages.map((stage) => new StageQueue(stage, this.nodes, metrics));
  }

  /** A batch is to be stored. Others that belong to the same nodes may be so before it. */
  expect({ connections }: Batch): void {
    if (this.queues.length > 0) this.nodes.learn(connections);
  }

  /**
   * It is stored, now or before, but for what was refused.
   *
   * @param expectedBy the number of its collector when it was expected: the database may have it by another one
   */
  stored(batch: Batch, refused: readonly RejectedMessage[], expectedBy: number): void {
    for (const queue of this.queues) queue.offer({ batch, refused, expectedBy });
  }

  /** Nothing more comes. Stages that are not done by then are told to give up, and not waited for. */
  async end(limitMs: number): Promise<void> {
    const idle = () => Promise.all(this.queues.map((queue) => queue.idle()));
    await withDeadline(limitMs, idle).catch(() => undefined);
    for (const queue of this.queues) queue.end();
  }
}
