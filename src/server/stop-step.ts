import { Logger } from '@nestjs/common';
import { Deadline, inTime } from '../platform/lifecycle/index.js';
import { formatError } from './format-error.js';

/** Of the whole time, kept by no step: the process is to have ended before it is over. */
export const KEPT_FOR_THE_PROCESS = 0.05;

/** A part is told to be done a little before it is not waited for any longer: this share of its time. */
const TOLD = 0.9;

/** A step of the stop. */
export interface StopStep {
  /** What ends, as the log names it: `delivery`. */
  name: string;
  /** Of the whole time, kept for this step whatever those before it take. */
  share: number;
  /** It takes no longer than this where there is more time: milliseconds. */
  mostMs?: number;
  /**
   * @param deadline of this step
   * @param whole of the stop
   */
  run: (deadline: Deadline, whole: Deadline) => unknown;
}

/** Takes one step after the other. One that fails or takes too long is logged, and the next one is taken all the same. */
export async function stopInOrder(steps: readonly StopStep[], whole: Deadline): Promise<void> {
  let kept = steps.reduce((sum, { share }) => sum + share, KEPT_FOR_THE_PROCESS);
  for (const step of steps) {
    kept -= step.share;
    await take(step, Math.min(step.mostMs ?? Infinity, whole.leftMs(kept)), whole);
  }
}

async function take({ name, run }: StopStep, limitMs: number, whole: Deadline): Promise<void> {
  const logger = new Logger('Server');
  const startedAt = performance.now();
  const work = async (): Promise<unknown> => await run(new Deadline(limitMs * TOLD), whole);
  try {
    if (!(await inTime(work(), limitMs)))
      logger.warn(`Stop step "${name}" timed out; continuing with the next step.`);
  } catch (error) {
    logger.error(`Stop step "${name}" failed: ${formatError(error)}`);
  }
  logger.debug(`Stop step "${name}" took ${Math.round(performance.now() - startedAt).toString()} ms.`);
}
