import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryMib } from '../../bench/support/cpu.js';

const READER_ADDRESS = '127.3.0.1';
const TIMEOUT_MS = 10_000;

export interface ProbeResult {
  /** Requests for `GET /nodes`, and those that were not answered with 200. */
  requests: number;
  failed: number;
  /** Of `GET /nodes`; a request that failed counts as endless. Milliseconds. */
  nodesP95Ms: number;
  /** The longest of `GET /health/live`; as above. */
  healthMaxMs: number;
  /** Of the server: resident memory at its highest. */
  rssPeakMib: number;
}

/** A reader beside an attack: asks for the nodes and for the health, each time on a connection of its own. */
export class Probe {
  private readonly nodesMs: number[] = [];
  private readonly healthMs: number[] = [];
  private rssPeakMib = 0;
  private isOver = false;
  private readonly running: Promise<unknown>;

  constructor(
    private readonly port: number,
    pid: number,
  ) {
    this.running = Promise.all([
      this.ask('/nodes', 100, this.nodesMs),
      this.ask('/health/live', 250, this.healthMs),
      this.watchMemory(pid),
    ]);
  }

  async stop(): Promise<ProbeResult> {
    this.isOver = true;
    await this.running;
    return {
      requests: this.nodesMs.length,
      failed: this.nodesMs.filter((ms) => ms === Infinity).length,
      nodesP95Ms: percentile(this.nodesMs, 0.95),
      healthMaxMs: percentile(this.healthMs, 1),
      rssPeakMib: this.rssPeakMib,
    };
  }

  private async ask(path: string, everyMs: number, into: number[]): Promise<void> {
    while (!this.isOver) {
      const startedAt = performance.now();
      const isAnswered = await answered(this.port, path);
      const ms = performance.now() - startedAt;
      into.push(isAnswered ? ms : Infinity);
      await sleep(Math.max(10, everyMs - ms));
    }
  }

  private async watchMemory(pid: number): Promise<void> {
    while (!this.isOver) {
      try {
        this.rssPeakMib = Math.max(this.rssPeakMib, memoryMib(pid).now);
      } catch {
        return;
      }
      await sleep(50);
    }
  }
}

/** Whether a request is answered with 200, whole. */
function answered(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path, agent: false, localAddress: READER_ADDRESS };
    const request = get({ ...options, timeout: TIMEOUT_MS }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200));
      response.once('error', () => resolve(false));
    });
    request.once('timeout', () => request.destroy());
    request.once('close', () => resolve(false));
    request.once('error', () => resolve(false));
  });
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
