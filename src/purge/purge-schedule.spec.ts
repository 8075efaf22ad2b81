import { Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Counter, Gauge, Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readSettings } from '../platform/config/index.js';
import { Lifecycle } from '../platform/lifecycle/index.js';
import { ClockAlarm } from '../storage/index.js';
import { ClockDifferenceError, type Purge } from './purge.js';
import { PurgeMetrics, PurgeSchedule } from './purge-schedule.js';
import { PurgeReport } from './purge-part.js';

/** A purge that does what a test tells it to. */
class FakePurge {
  runs = 0;
  signal: AbortSignal | undefined;
  next: () => Promise<PurgeReport | null> = () => Promise.resolve(new PurgeReport());

  succeededAt = Date.UTC(2025, 11, 31);

  lastSuccess(): Promise<number> {
    return Promise.resolve(this.succeededAt);
  }

  run(signal: AbortSignal): Promise<PurgeReport | null> {
    this.runs += 1;
    this.signal = signal;
    return this.next();
  }
}

describe('PurgeSchedule', () => {
  const registers = [new Registry()];
  const counter = (name: string, labelNames: string[] = []): Counter =>
    new Counter({ name, help: name, labelNames, registers });
  const gauge = (name: string): Gauge => new Gauge({ name, help: name, registers });
  const purges = counter('purges', ['outcome']);
  const rows = counter('rows', ['table']);
  const partitions = counter('partitions');
  const beforeAggregation = counter('before_aggregation');
  const lastSuccess = gauge('last_success');
  const duration = gauge('duration');
  const outcomes = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await purges.get()).values.map(({ labels, value }) => [String(labels.outcome), value]),
    );

  const warnings: string[] = [];
  let purge: FakePurge;
  let alarm: ClockAlarm;
  let lifecycle: Lifecycle;
  let registry: SchedulerRegistry;
  let schedule: PurgeSchedule;
  const seconds = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * 1000);

  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
    registers[0]?.resetMetrics();
    warnings.length = 0;
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(
      (text: unknown) => void warnings.push(String(text)),
    );
    purge = new FakePurge();
    alarm = new ClockAlarm();
    lifecycle = new Lifecycle();
    registry = new SchedulerRegistry();
    schedule = begin('10');
  });

  function begin(interval: string): PurgeSchedule {
    const made = new PurgeSchedule(
      readSettings({ PURGE_INTERVAL_S: interval }),
      registry,
      lifecycle,
      purge as unknown as Purge,
      new PurgeMetrics(partitions, rows, purges, beforeAggregation, lastSuccess, duration),
      alarm,
    );
    made.start();
    return made;
  }

  afterEach(() => {
    for (const name of registry.getTimeouts()) registry.deleteTimeout(name);
    for (const name of registry.getIntervals()) registry.deleteInterval(name);
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('purges at every interval while the server is running', async () => {
    await seconds(20);
    expect(purge.runs).toBe(0);
    lifecycle.run();
    await seconds(20);
    expect(purge.runs).toBe(2);
    lifecycle.drain();
    await seconds(20);
    expect(purge.runs).toBe(2);
  });

  it('purges within a minute after the start, even if the interval is a day', async () => {
    registry.deleteInterval('purge');
    registry.deleteInterval('last purge');
    begin('86400');
    await seconds(600);
    expect(purge.runs).toBe(0);
    lifecycle.run();
    await seconds(60);
    expect(purge.runs).toBe(1);
    expect(registry.getTimeouts()).toEqual([]);
    await seconds(86_400 - 660);
    expect(purge.runs).toBe(2);
  });

  it('schedules no first purge once the server stops', async () => {
    registry.deleteInterval('purge');
    registry.deleteInterval('last purge');
    begin('86400');
    lifecycle.drain();
    await seconds(120);
    expect(purge.runs).toBe(0);
    expect(registry.getTimeouts()).toEqual([]);
  });

  it('does not start a purge while one is running', async () => {
    lifecycle.run();
    let end: () => void = () => undefined;
    purge.next = () => new Promise((resolve) => (end = () => resolve(new PurgeReport())));
    await seconds(35);
    expect(purge.runs).toBe(1);
    end();
    await seconds(10);
    expect(purge.runs).toBe(2);
    expect(await outcomes()).toEqual({ done: 1 });
    expect((await duration.get()).values[0]?.value).toBe(25);
  });

  it('counts what was removed, also by a purge that failed half-way, and logs a warning for each failure', async () => {
    lifecycle.run();
    purge.next = () => {
      const report = new PurgeReport();
      report.partitions.push({ name: 'a', rows: 5 }, { name: 'b', rows: 6 });
      report.deleted('peer_connections', 7);
      report.deleted('peer_connections', 1);
      report.failed('forks', new Error('this'));
      report.failed(null, new Error('that'));
      return Promise.resolve(report);
    };
    await seconds(10);
    purge.next = () => Promise.reject(new Error('no connection'));
    await seconds(10);
    purge.next = () => Promise.resolve(new PurgeReport());
    await seconds(10);
    expect(await outcomes()).toEqual({ failed: 2, done: 1 });
    expect((await partitions.get()).values[0]?.value).toBe(2);
    expect((await rows.get()).values.map(({ labels, value }) => [labels.table, value])).toEqual([
      ['logs_expiring', 11],
      ['peer_connections', 8],
    ]);
    const again = 'A purge failed and will be retried: ';
    expect(warnings).toEqual([
      `${again}forks: Error: this`,
      `${again}Error: that`,
      `${again}Error: no connection`,
    ]);
  });

  it('exports the time of the last complete purge by any replica', async () => {
    const at = async (): Promise<number | undefined> => (await lastSuccess.get()).values[0]?.value;
    await seconds(15);
    expect(await at()).toBeUndefined();
    lifecycle.run();
    purge.next = () => Promise.resolve(null);
    await seconds(30);
    expect(await at()).toBe(Date.UTC(2025, 11, 31) / 1000);
    purge.succeededAt += 5_000;
    purge.next = () => Promise.reject(new Error('no connection'));
    await seconds(20);
    expect(await at()).toBe(Date.UTC(2025, 11, 31) / 1000 + 5);
    expect(await outcomes()).toEqual({ left_to_another: 3, failed: 2 });
  });

  it('logs once that the clock is off, and again when it is off again', async () => {
    const errors: string[] = [];
    vi.spyOn(Logger.prototype, 'error').mockImplementation((text: unknown) => void errors.push(String(text)));
    vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    const debug = vi.spyOn(Logger.prototype, 'debug').mockImplementation(() => undefined);
    lifecycle.run();
    const off = { offsetMs: 90_000, errorMs: 1 };
    purge.next = () => Promise.reject(new ClockDifferenceError(off));
    await seconds(30);
    expect(await outcomes()).toEqual({ refused_clock: 3 });
    expect(errors).toEqual([
      'The system clock is 90.0 s ahead of the database clock. Purging is disabled until they agree. ' +
        'Messages get timestamps of the database clock meanwhile.',
    ]);
    expect(debug).toHaveBeenCalledWith(expect.stringMatching(/^A purge was skipped\. .* within a minute\.$/));
    alarm.offsetIs({ offsetMs: 0, errorMs: 1 });
    alarm.offsetIs(off);
    await seconds(20);
    expect(errors).toHaveLength(2);
    expect(warnings).toEqual([]);
  });

  it('aborts a running purge when the server stops, and ignores its outcome', async () => {
    lifecycle.run();
    let fail: () => void = () => undefined;
    purge.next = () =>
      new Promise((_, reject) => (fail = () => reject(new Error('the connection is closed'))));
    await seconds(10);
    expect(purge.signal?.aborted).toBe(false);
    schedule.stop();
    expect(purge.signal?.aborted).toBe(true);
    fail();
    await seconds(0);
    expect(warnings).toEqual([]);
    expect(await outcomes()).toEqual({});
  });
});
