import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryMib } from '../../bench/support/cpu.js';
import { sumOf } from '../support/metrics.js';

const READER_ADDRESS = '127.3.0.1';
/** A request that is not answered by then has failed: milliseconds. */
export const PROBE_TIMEOUT_MS = 10_000;
/** An answer beyond this is held by the server until it is taken: bytes. */
const UNHELD = 16 * 1024;

export interface ProbeResult {
  /** Requests for `GET /nodes`, and those that were not answered with 200 and more than is sent without holding it. */
  requests: number;
  failed: number;
  /** Of `GET /nodes`; a request that failed counts as endless. Milliseconds. */
  nodesP95Ms: number;
  /** The longest of `GET /health/live`; as above. */
  healthMaxMs: number;
  /** Of the server: resident memory at its highest. */
  rssPeakMib: number;
  /** Answers that it held for clients at their most: MiB. */
  heldPeakMib: number;
}

/** A reader beside an attack: asks for the nodes and for the health, each time on a connection of its own. */
export class Probe {
  private readonly nodesMs: number[] = [];
  private readonly healthMs: number[] = [];
  private rssPeakMib = 0;
  private heldPeakMib = 0;
  private isOver = false;
  private readonly running: Promise<unknown>;

  constructor(
    private readonly port: number,
    pid: number,
  ) {
    this.running = Promise.all([
      this.ask('/nodes', UNHELD, 100, this.nodesMs),
      this.ask('/health/live', 0, 250, this.healthMs),
      this.watchMemory(pid),
      this.watchHeld(),
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
      heldPeakMib: this.heldPeakMib,
    };
  }

  private async ask(path: string, beyond: number, everyMs: number, into: number[]): Promise<void> {
    while (!this.isOver) {
      const startedAt = performance.now();
      const isAnswered = (await answerOf(this.port, path)).length > beyond;
      const ms = performance.now() - startedAt;
      into.push(isAnswered ? ms : Infinity);
      await sleep(Math.max(10, everyMs - ms));
    }
  }

  private async watchHeld(): Promise<void> {
    while (!this.isOver) {
      const held = sumOf(await answerOf(this.port, '/metrics'), 'tetcore_http_answer_buffered_bytes');
      this.heldPeakMib = Math.max(this.heldPeakMib, held / 1024 ** 2);
      await sleep(250);
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

/** @returns a whole answer with 200; empty where there is none */
function answerOf(port: number, path: string): Promise<string> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path, agent: false, localAddress: READER_ADDRESS };
    const request = get({ ...options, timeout: PROBE_TIMEOUT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.once('end', () => resolve(response.statusCode === 200 ? text : ''));
      response.once('error', () => resolve(''));
    });
    request.once('timeout', () => request.destroy());
    request.once('close', () => resolve(''));
    request.once('error', () => resolve(''));
  });
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
