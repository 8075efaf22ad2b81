import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outages } from './outages.js';

describe('Outages', () => {
  let logged: string[];
  let outages: Outages;

  beforeEach(() => {
    logged = [];
    for (const level of ['log', 'warn'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation((text: unknown) => void logged.push(String(text)));
    }
    outages = new Outages();
  });

  afterEach(() => void vi.restoreAllMocks());

  const fail = (where: 'database' | 'sink' | 'journal', times: number): void => {
    for (let time = 0; time < times; time += 1) outages[where].failed(new Error('no'));
  };

  it('log their beginning after three failures in a row, and their end, once each', () => {
    fail('sink', 2);
    outages.sink.succeeded();
    expect(logged).toEqual([]);
    fail('sink', 5);
    outages.database.succeeded();
    outages.sink.succeeded();
    outages.sink.succeeded();
    expect(logged).toEqual([
      'Writes to a secondary sink are failing and will be retried: Error: no',
      'Writes to secondary sinks succeed again, after 0 s.',
    ]);
  });

  it('of the database last until a batch is stored, and leave the log to DatabaseWatch', () => {
    fail('database', 2);
    expect(outages.database.since).toBeUndefined();
    fail('database', 1);
    expect(outages.database.since).toBeInstanceOf(Date);
    outages.database.succeeded();
    expect(outages.database.since).toBeUndefined();
    expect(logged).toEqual([]);
  });

  it('count failures of the journal and of the database separately', () => {
    fail('journal', 2);
    fail('database', 2);
    expect(logged).toEqual([]);
    fail('journal', 1);
    outages.database.succeeded();
    outages.journal.succeeded();
    expect(logged).toEqual([
      'Reads from the journal are failing and will be retried: Error: no',
      'Reads from the journal succeed again, after 0 s.',
    ]);
  });
});
