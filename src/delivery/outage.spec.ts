import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outage } from './outage.js';

describe('Outage', () => {
  let logged: string[];
  let outage: Outage;

  beforeEach(() => {
    logged = [];
    vi.spyOn(Logger.prototype, 'debug').mockImplementation(() => undefined);
    for (const level of ['log', 'warn'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation((text: unknown) => void logged.push(String(text)));
    }
    outage = new Outage();
  });

  afterEach(() => void vi.restoreAllMocks());

  const fail = (where: 'database' | 'sink' | 'journal', times: number): void => {
    for (let time = 0; time < times; time += 1) outage.failed(where, new Error('no'));
  };

  it('logs its beginning after three failures in a row, and its end, once each', () => {
    fail('sink', 2);
    outage.succeeded('sink');
    expect(logged).toEqual([]);
    fail('sink', 5);
    outage.succeeded('database');
    outage.succeeded('sink');
    outage.succeeded('sink');
    expect(logged).toEqual([
      'Writes to a secondary sink are failing and will be retried: Error: no',
      'Writes to secondary sinks succeed again, after 0 s.',
    ]);
  });

  it('of the database is on until a batch is stored, and leaves the log to DatabaseWatch', () => {
    fail('database', 2);
    expect(outage.isOn('database')).toBe(false);
    fail('database', 1);
    expect(outage.isOn('database')).toBe(true);
    outage.succeeded('database');
    expect(outage.isOn('database')).toBe(false);
    expect(logged).toEqual([]);
  });

  it('counts failures of the journal and of the database separately', () => {
    fail('journal', 2);
    fail('database', 2);
    expect(logged).toEqual([]);
    fail('journal', 1);
    outage.succeeded('database');
    outage.succeeded('journal');
    expect(logged).toEqual([
      'Reads from the journal are failing and will be retried: Error: no',
      'Reads from the journal succeed again, after 0 s.',
    ]);
  });
});
