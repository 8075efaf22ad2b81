import { describe, expect, it } from 'vitest';
import type { SimulatedNode } from '../nodes/simulated-node.js';
import { loadScenario } from '../scenarios/load-scenario.js';
import { SimulatedNetwork } from '../world/network.js';
import type { Host } from '../world/population.js';
import { fill, MessageSink } from './message-sink.js';

const startAt = Date.UTC(2021, 1, 9, 9);

class RememberingSink extends MessageSink {
  readonly texts: string[] = [];
  readonly connections: string[] = [];
  running = 0;
  overlaps = 0;

  constructor(private readonly isSlow: boolean) {
    super();
  }

  message(_node: SimulatedNode, text: string): void | Promise<void> {
    this.overlaps += this.running;
    this.texts.push(text);
    if (!this.isSlow) return undefined;
    this.running += 1;
    return new Promise((resolve) =>
      setImmediate(() => {
        this.running -= 1;
        resolve();
      }),
    );
  }

  override connected(host: Host): void {
    this.connections.push(`+${host.index}`);
  }

  override disconnected(host: Host): void {
    this.connections.push(`-${host.index}`);
  }
}

const makeNetwork = () =>
  new SimulatedNetwork({ scenario: loadScenario('troubled'), nodes: 8, seed: 2, startAt });
const endAt = startAt + 600_000;

describe('filling a sink', () => {
  it('passes every message in order, and waits for slow sinks', async () => {
    const [fast, slow] = [new RememberingSink(false), new RememberingSink(true)];
    const count = await fill(makeNetwork(), fast, { endAt });
    await fill(makeNetwork(), slow, { endAt });
    expect(count).toBe(fast.texts.length);
    expect(slow.texts).toEqual(fast.texts);
    expect(slow.overlaps).toBe(0);
    expect(fast.connections).toContain('+0');
    expect(fast.connections.some((change) => change.startsWith('-'))).toBe(true);
  });

  it('reports progress, and stops on abort', async () => {
    const stop = new AbortController();
    const sink = new RememberingSink(false);
    let reached = 0;
    const onProgress = (at: number) => {
      reached = at;
      stop.abort();
    };
    await fill(makeNetwork(), sink, { endAt: Infinity, signal: stop.signal, onProgress });
    expect(reached).toBeGreaterThan(startAt);
    expect(sink.texts.length).toBeLessThan(2_000);
  });

  it('ends when the sink rejects a message', async () => {
    class FullSink extends MessageSink {
      message(): Promise<void> {
        return Promise.reject(new Error('full'));
      }
    }
    await expect(fill(makeNetwork(), new FullSink(), { endAt })).rejects.toThrow('full');
  });
});
