import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outages } from './outages.js';

describe('an outage', () => {
  let said: string[];
  let outages: Outages;

  beforeEach(() => {
    said = [];
    for (const level of ['log', 'warn'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation((text: unknown) => void said.push(String(text)));
    }
    outages = new Outages();
  });

  afterEach(() => void vi.restoreAllMocks());

  const fail = (what: 'database' | 'sink' | 'journal', times: number): void => {
    for (let time = 0; time < times; time += 1) outages[what].failed(new Error('no'));
  };

  it('is spoken of once when it begins and once when it ends, but not for a failure or two', () => {
    fail('database', 2);
    outages.database.succeeded();
    expect(said).toEqual([]);
    fail('database', 5);
    outages.database.succeeded();
    outages.database.succeeded();
    expect(said).toEqual([
      'The database takes no batches, they wait for it: Error: no',
      'The database takes batches again, after 0 s.',
    ]);
  });

  it('of a sink beside the database is spoken of as such', () => {
    fail('sink', 3);
    outages.database.succeeded();
    outages.sink.succeeded();
    expect(said).toEqual([
      'A sink takes no batches, they wait for it: Error: no',
      'Every sink takes batches again, after 0 s.',
    ]);
  });

  it('of the journal is not laid to the database', () => {
    fail('journal', 2);
    fail('database', 2);
    expect(said).toEqual([]);
    fail('journal', 1);
    outages.database.succeeded();
    outages.journal.succeeded();
    expect(said).toEqual([
      'A batch cannot be read from the journal for now, and is tried again: Error: no',
      'Batches can be read from the journal again, after 0 s.',
    ]);
  });
});
