import type { FoundEmbeddedPostgres } from '../../embedded-postgres/index.js';
import { type Check, type Finding, type Machine, ok, problem, warning } from './check.js';
import { endedPostgres, restartAdvice } from './ended-postgres.js';
import { type Readiness, serverMetric, serverReadiness, urlOf } from './running-server.js';

/** A fast database leaves a few batches in the queue. */
const MANY_BATCHES = 100;

/** Whether the server on this machine stores its messages, by its own metrics. */
export const queue: Check<Machine> = {
  name: 'queue',
  run: async ({ settings }) => {
    const { HOST, PORT, METRICS_PORT } = settings;
    const port = METRICS_PORT ?? PORT;
    const address = urlOf(HOST, port);
    const batches = port === 0 ? undefined : await serverMetric(address, 'tetcore_queue_batches');
    const readiness = batches === undefined ? undefined : await serverReadiness(address);
    if (batches === undefined || readiness === undefined) {
      return ok('No server is running here, so its queue was not checked.');
    }
    return queueFinding(port, batches, readiness, await endedPostgres(settings));
  },
};

/**
 * @param batches number of queued batches
 * @param ended the embedded PostgreSQL of the server, if it has ended
 */
export function queueFinding(
  port: number,
  batches: number,
  { reason, detail }: Readiness,
  ended?: FoundEmbeddedPostgres,
): Finding {
  const server = `The server on port ${port}`;
  const queued = batches === 1 ? '1 batch is queued' : `${batches} batches are queued`;
  if (ended !== undefined) {
    return problem(
      `${server} does not store messages: its embedded PostgreSQL has ended. ${queued}.`,
      `${restartAdvice(ended)} The server stores the batches afterwards.`,
    );
  }
  if (typeof reason === 'string') {
    return problem(
      `${server} does not store messages: ${reason} ${queued}.`,
      'Correct the cause. The server stores the batches afterwards.',
    );
  }
  if (typeof detail === 'string') {
    return warning(`${server} is not ready: ${detail} ${queued}.`, 'Read the last lines of its log.');
  }
  if (batches < MANY_BATCHES) return ok(`${server} stores messages; ${queued}.`);
  return warning(
    `${server} stores messages slowly: ${queued}.`,
    'Run doctor again. If the number rises, raise NUM_THREADS or the resources of the database.',
  );
}
