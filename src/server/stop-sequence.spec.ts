import { type INestApplication, Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EmbeddedPostgresServer } from '../embedded-postgres/index.js';
import { DeadlineExceededError } from '../platform/async/index.js';
import { Deadline } from '../platform/lifecycle/index.js';
import {
  RESERVED_FOR_EXIT,
  stopInOrder,
  stopPostgresStep,
  stopSequence,
  type StopStep,
} from './stop-sequence.js';

describe('a stop', () => {
  const log: string[] = [];

  beforeEach(() => {
    log.length = 0;
    vi.spyOn(Logger.prototype, 'debug').mockImplementation(() => undefined);
    for (const level of ['warn', 'error'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation((text: unknown) => void log.push(String(text)));
    }
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('runs one step after the other, and continues after a failed step', async () => {
    const taken: string[] = [];
    const step = (name: string, run: () => unknown = () => undefined): StopStep => ({
      name,
      share: 0.1,
      run: async () => {
        taken.push(`${name} begins`);
        await run();
        taken.push(`${name} ends`);
      },
    });
    const fails = (): never => {
      throw new Error('it is stuck');
    };
    await stopInOrder(
      [step('a', () => sleep(5)), step('b', fails), step('c'), { ...step('d'), run: fails }],
      new Deadline(10_000),
    );
    expect(taken).toEqual(['a begins', 'a ends', 'b begins', 'c begins', 'c ends']);
    expect(log.map((line) => line.split('\n')[0])).toEqual([
      'Stop step "b" failed: Error: it is stuck',
      'Stop step "d" failed: Error: it is stuck',
    ]);
  });

  it('reports a step that fails with a deadline of its own as failed', async () => {
    const fails = (): never => {
      throw new DeadlineExceededError(1_000);
    };
    await stopInOrder([{ name: 'a', share: 0.1, run: fails }], new Deadline(10_000));
    expect(log.map((line) => line.split('\n')[0])).toEqual([
      'Stop step "a" failed: DeadlineExceededError: no result within 1 s',
    ]);
  });

  it('reserves the share of each step', async () => {
    const never = new Promise(() => undefined);
    const limits: Record<string, number> = {};
    const hangs = (name: string, share: number, maxMs?: number): StopStep => ({
      name,
      share,
      ...(maxMs !== undefined && { maxMs }),
      run: ({ limitMs }) => {
        limits[name] = limitMs;
        return never;
      },
    });
    const whole = new Deadline(1_000);
    await stopInOrder([hangs('short', 0.1, 50), hangs('long', 0.2), hangs('last', 0.4)], whole);
    expect(whole.passedMs).toBeLessThan(1_500);
    expect(limits.short).toBeCloseTo(45, 0);
    // What the first has left, beside its own share.
    expect(limits.long).toBeGreaterThan(0.9 * 200);
    expect(limits.last).toBeGreaterThan(0.9 * 300);
    expect(log).toEqual(
      ['short', 'long', 'last'].map(
        (name) => `Stop step "${name}" timed out; continuing with the next step.`,
      ),
    );
  });
});

describe('the stop sequence of the server', () => {
  it('checks the database until delivery has stopped', async () => {
    const called: string[] = [];
    const part = (name: string): unknown =>
      new Proxy({}, { get: (_, method) => () => called.push(`${name}.${String(method)}`) });
    const app = { get: ({ name }: { name: string }) => part(name) } as unknown as INestApplication;
    const whole = new Deadline(10_000);
    for (const { name, run } of stopSequence(app).slice(0, 5)) {
      if (name !== 'journal') await run(new Deadline(1_000), whole);
      if (name === 'delivery') expect(called.at(-1)).toBe('Delivery.drain');
      expect(called).not.toContain('DatabaseWatch.stop');
      if (name === 'journal') await run(new Deadline(1_000), whole);
    }
    expect(called.slice(-2)).toEqual(['DatabaseWatch.stop', 'Delivery.close']);
  });

  it('reserves no more than the whole time', () => {
    const steps = [...stopSequence({} as INestApplication), stopPostgresStep({} as EmbeddedPostgresServer)];
    const shares = steps.reduce((sum, { share }) => sum + share, RESERVED_FOR_EXIT);
    expect(shares).toBeLessThanOrEqual(1 + Number.EPSILON);
  });
});
