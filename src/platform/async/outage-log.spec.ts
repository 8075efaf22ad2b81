import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OutageLog, type OutageOptions } from './index.js';

describe('OutageLog', () => {
  let lines: string[];

  beforeEach(() => void (lines = []));

  const log = (prefix: string) => (line: string) => void lines.push(`${prefix}${line}`);
  const outageLog = (options?: OutageOptions): OutageLog =>
    new OutageLog(
      { error: log('error '), warn: log(''), log: log('') },
      { begins: (reason) => `fails: ${reason}`, ends: (seconds) => `works after ${seconds} s` },
      options,
    );

  const fail = (outage: OutageLog, times: number, reason?: string): void => {
    for (let time = 0; time < times; time += 1) outage.failed(new Error('no'), reason);
  };

  it('logs once when an outage begins and once when it ends', () => {
    const outage = outageLog();
    fail(outage, 5);
    expect(outage.since).toBeInstanceOf(Date);
    outage.succeeded();
    outage.succeeded();
    expect(outage.since).toBeUndefined();
    expect(lines).toEqual(['fails: Error: no', 'works after 0 s']);
  });

  it('logs at the level that it is given', () => {
    const outage = outageLog({ level: 'error' });
    fail(outage, 1);
    outage.succeeded();
    expect(lines).toEqual(['error fails: Error: no', 'works after 0 s']);
  });

  it('does not log fewer failures in a row than its threshold', () => {
    const outage = outageLog({ afterFailures: 3 });
    fail(outage, 2);
    outage.succeeded();
    fail(outage, 2);
    expect([outage.since, lines]).toEqual([undefined, []]);
    fail(outage, 3);
    expect(lines).toEqual(['fails: Error: no']);
  });

  it('logs an outage again when its reason changes', () => {
    const outage = outageLog();
    for (const reason of ['one', 'one', 'other', 'one']) fail(outage, 2, reason);
    expect(lines).toHaveLength(3);
  });

  it('logs an outage again after the interval', () => {
    vi.useFakeTimers();
    const outage = outageLog({ repeatMs: 5_000 });
    fail(outage, 2);
    vi.advanceTimersByTime(4_999);
    fail(outage, 1);
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(1);
    fail(outage, 2);
    expect(lines).toHaveLength(2);
    vi.useRealTimers();
  });
});
