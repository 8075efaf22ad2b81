import { describe, expect, it } from 'vitest';
import { OutageLog } from '../async/index.js';
import { Lifecycle, ScheduledJob } from './index.js';

function newJob(): { job: ScheduledJob; lifecycle: Lifecycle; lines: string[]; failures: () => number } {
  const lines: string[] = [];
  let failures = 0;
  const log = (line: string): void => void lines.push(line);
  const lifecycle = new Lifecycle();
  const outage = new OutageLog({ warn: log, error: log, log }, { begins: (reason) => `failed: ${reason}` });
  const job = new ScheduledJob(lifecycle, outage, () => (failures += 1));
  return { job, lifecycle, lines, failures: () => failures };
}

describe('ScheduledJob', () => {
  it('works only while the server runs, and not after the stop', async () => {
    const { job, lifecycle } = newJob();
    let runs = 0;
    const work = (): Promise<void> => Promise.resolve(void (runs += 1));
    await job.run(work);
    expect(runs).toBe(0);
    lifecycle.run();
    await job.run(work);
    await job.run(work);
    expect(runs).toBe(2);
    job.stop();
    await job.run(work);
    expect(runs).toBe(2);
    expect(job.signal.aborted).toBe(true);
  });

  it('is not started beside itself', async () => {
    const { job, lifecycle } = newJob();
    lifecycle.run();
    let resolve: () => void = () => undefined;
    const promise = new Promise<void>((done) => (resolve = done));
    let runs = 0;
    const work = async (): Promise<void> => {
      runs += 1;
      await promise;
    };
    const both = [job.run(work), job.run(work)];
    resolve();
    await Promise.all(both);
    expect(runs).toBe(1);
  });

  it('logs the first failure of several, and expects failures after the stop', async () => {
    const { job, lifecycle, lines, failures } = newJob();
    lifecycle.run();
    const fail = (): Promise<void> => Promise.reject(new Error('away'));
    await job.run(fail);
    await job.run(fail);
    expect(lines).toEqual(['failed: Error: away']);
    expect(failures()).toBe(2);
    await job.run(() => {
      job.stop();
      return fail();
    });
    expect(failures()).toBe(2);
  });
});
