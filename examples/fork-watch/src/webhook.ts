import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fork } from './fork.entity.js';
import { ForkMetrics } from './fork.metrics.js';
import { ForkSettings } from './fork-settings.js';

const MOST_WAITING = 100;
const ANSWER_LIMIT_MS = 5_000;
/** Before the second attempt, the third and the fourth: milliseconds. */
const DELAYS_MS = [500, 2_000, 10_000];

/** Posts forks as JSON, one after the other. Whoever reports one does not wait for it. */
@Injectable()
export class Webhook implements OnApplicationShutdown {
  private readonly logger = new Logger(Webhook.name);
  private readonly abort = new AbortController();
  private waiting = 0;
  private last = Promise.resolve();

  constructor(
    private readonly settings: ForkSettings,
    private readonly metrics: ForkMetrics,
  ) {}

  post(fork: Fork): void {
    const { webhookUrl: url } = this.settings;
    if (url === undefined) return;
    if (this.waiting === MOST_WAITING) {
      this.metrics.webhook('dropped');
      return;
    }
    this.waiting += 1;
    this.last = this.last.then(async () => {
      const isPosted = await this.insist(url, fork);
      this.waiting -= 1;
      this.metrics.webhook(isPosted ? 'posted' : 'failed');
    });
  }

  /** What cannot be posted now is in the table, and is not posted later. */
  async onApplicationShutdown(): Promise<void> {
    this.abort.abort();
    await this.last;
  }

  private async insist(url: string, fork: Fork): Promise<boolean> {
    for (const delay of [...DELAYS_MS, 0]) {
      try {
        await this.attempt(url, fork);
        return true;
      } catch (error) {
        this.logger.warn(`A fork could not be posted: ${String(error)}`);
      }
      await sleep(delay, undefined, { signal: this.abort.signal }).catch(() => undefined);
      if (this.abort.signal.aborted) break;
    }
    return false;
  }

  private async attempt(url: string, fork: Fork): Promise<void> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(fork),
      signal: AbortSignal.any([this.abort.signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`it was answered with ${response.status.toString()}`);
  }
}
