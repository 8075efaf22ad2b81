import { afterEach, expect, it, vi } from 'vitest';
import { batch } from '../../test/support/batches.js';
import type { Batch } from '../telemetry/index.js';
import { BatchSink, type StoreResult } from './batch-sink.port.js';
import { SecondarySinks, type SinkMetrics } from './secondary-sinks.js';

class TestSink extends BatchSink {
  readonly stored: string[] = [];
  isClosed = false;
  /** What the next attempts do instead. */
  readonly instead: ((signal: AbortSignal) => Promise<StoreResult>)[] = [];

  override store({ id }: Batch, signal: AbortSignal): Promise<StoreResult> {
    const instead = this.instead.shift();
    if (instead !== undefined) return instead(signal);
    const duplicate = this.stored.includes(id);
    this.stored.push(id);
    return Promise.resolve({ duplicate, rejected: [] });
  }

  override close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

class Lake extends TestSink {}
class Bus extends TestSink {}

const away = (): Promise<never> => Promise.reject(new Error('away'));
const hanging = (): Promise<never> => new Promise(() => undefined);

function made(): { lake: Lake; bus: Bus; sinks: SecondarySinks; counted: string[]; abort: AbortController } {
  const [lake, bus] = [new Lake(), new Bus()];
  const counted: string[] = [];
  const sinks = new SecondarySinks([lake, bus], {
    stored: (sink: string, outcome: string) => counted.push(`${sink} ${outcome}`),
    failed: (sink: string) => counted.push(`${sink} failed`),
  } as unknown as SinkMetrics);
  return { lake, bus, sinks, counted, abort: new AbortController() };
}

afterEach(() => void vi.useRealTimers());

it('delivers a batch to every pending sink', async () => {
  const { lake, bus, sinks, counted, abort } = made();
  const one = batch({});
  const pendingSinks = sinks.all();
  await sinks.deliver(one, pendingSinks, abort.signal);
  expect([lake.stored, bus.stored, pendingSinks.size]).toEqual([[one.id], [one.id], 0]);
  expect(counted.sort()).toEqual(['Bus stored', 'Lake stored']);
});

it('fails with the name of the failing sink, and retries only that one', async () => {
  const { lake, bus, sinks, counted, abort } = made();
  // At once, and later.
  lake.instead.push(() => {
    throw new Error('away');
  }, away);
  const one = batch({});
  const pendingSinks = sinks.all();
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const failing = sinks.deliver(one, pendingSinks, abort.signal);
    await expect(failing).rejects.toMatchObject({ sink: 'Lake', message: 'Lake: away' });
    expect([...pendingSinks]).toEqual([lake]);
  }
  await sinks.deliver(one, pendingSinks, abort.signal);
  expect([lake.stored, bus.stored]).toEqual([[one.id], [one.id]]);
  expect(counted.filter((said) => said.startsWith('Lake'))).toEqual([
    'Lake failed',
    'Lake failed',
    'Lake stored',
  ]);
  expect(counted.filter((said) => said.startsWith('Bus'))).toEqual(['Bus stored']);
});

it('does not wait for a sink that ignores the signal, nor for one that exceeds 30 s', async () => {
  const { lake, bus, sinks, abort } = made();
  lake.instead.push(hanging, hanging);
  const pendingSinks = sinks.all();
  vi.useFakeTimers();
  const late = expect(sinks.deliver(batch({}), pendingSinks, abort.signal)).rejects.toThrow(
    'Lake: no result within 30 s',
  );
  await vi.advanceTimersByTimeAsync(30_000);
  await late;
  const aborted = expect(sinks.deliver(batch({}), pendingSinks, abort.signal)).rejects.toThrow(
    'Lake: the process is stopping',
  );
  abort.abort(new Error('the process is stopping'));
  await aborted;
  expect([bus.stored.length, [...pendingSinks]]).toEqual([1, [lake]]);
  await expect(sinks.deliver(batch({}), pendingSinks, abort.signal)).rejects.toThrow(
    'the process is stopping',
  );
  expect(lake.stored).toEqual([]);
});

it('closes every sink, even if one throws', async () => {
  const { lake, bus, sinks } = made();
  lake.close = () => {
    throw new Error('away');
  };
  await sinks.close();
  expect(bus.isClosed).toBe(true);
});
