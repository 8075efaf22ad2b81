import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import { Counter } from 'prom-client';
import { DataSource } from 'typeorm';
import { Backoff, OutageLog } from '../../platform/async/index.js';
import { PACKAGE_VERSION, Settings } from '../../platform/config/index.js';
import { Lifecycle } from '../../platform/lifecycle/index.js';
import { CollectorId, DAY_MS, inTransaction, sqlInterval } from '../../storage/index.js';
import { captureEvents, type WebhookEvent } from './events.js';
import { signedHeaders } from './signature.js';

const INTERVAL_MS = 10_000;
const TIMEOUT_MS = 10_000;
const BACKOFF = { firstMs: 1_000, maxMs: 300_000, jitter: 0.2 };
/** Events wait for their receiver so long, and so many. */
const MAX_AGE_MS = DAY_MS;
const MAX_WAITING = 1_000;

export const webhookMetricProviders = [
  makeCounterProvider({
    name: 'tetcore_webhook_events_total',
    help: 'Events for INSIGHT_WEBHOOK_URL by this process: delivered, or dropped because too many waited, or for too long.',
    labelNames: ['outcome'],
  }),
  makeCounterProvider({
    name: 'tetcore_webhook_failures_total',
    help: 'Failed requests to INSIGHT_WEBHOOK_URL by this process. Each is repeated.',
  }),
];

/** The oldest event that is not delivered. */
const NEXT = `
  SELECT number, body FROM insight_webhook_events WHERE finished_at IS NULL ORDER BY number LIMIT 1`;

const DROP = `
  UPDATE insight_webhook_events SET finished_at = now(), delivered = false
   WHERE finished_at IS NULL
     AND (captured_at < now() - ${sqlInterval(MAX_AGE_MS)}
       OR number <= (SELECT number FROM insight_webhook_events WHERE finished_at IS NULL
                      ORDER BY number DESC OFFSET ${MAX_WAITING.toString()} LIMIT 1))`;

/**
 * Sends events of the statistics to a URL: by the process that aggregates, one after the other, in their order. The table
 * `insight_webhook_events` has what was sent: after a crash an event may be sent again, with the same id.
 */
@Injectable()
export class EventWebhook {
  private readonly logger = new Logger(EventWebhook.name);
  private readonly abort = new AbortController();
  private readonly backoff = new Backoff(BACKOFF);
  private running: Promise<void> | undefined;
  /** By `performance.now()`. */
  private notBefore = -Infinity;
  private readonly outage = new OutageLog(this.logger, {
    begins: (reason) => `Events could not be sent to INSIGHT_WEBHOOK_URL, retrying: ${reason}`,
    ends: (seconds) => `Events are sent to INSIGHT_WEBHOOK_URL again after ${seconds} s.`,
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly lifecycle: Lifecycle,
    private readonly collector: CollectorId,
    private readonly settings: Settings,
    @InjectMetric('tetcore_webhook_events_total') private readonly events: Counter,
    @InjectMetric('tetcore_webhook_failures_total') private readonly failures: Counter,
  ) {}

  /** Sends nothing more. What was not delivered is sent by the next process. */
  stop(): void {
    this.abort.abort(new Error('The server is stopping.'));
  }

  @Interval(INTERVAL_MS)
  async update(): Promise<void> {
    const { INSIGHT_AGGREGATION: aggregates, INSIGHT_WEBHOOK_URL: url } = this.settings;
    if (url === undefined || !aggregates || !this.lifecycle.running || this.abort.signal.aborted) return;
    await (this.running ??= this.sendAll(url).finally(() => (this.running = undefined)));
  }

  private async sendAll(url: string): Promise<void> {
    try {
      const isOwner = await inTransaction(this.dataSource, async (client) => {
        const { rowCount } = await client.query('SELECT FROM insight_state WHERE owner = $1', [
          this.collector.id,
        ]);
        if (rowCount === 0) return false;
        await captureEvents(client);
        const { rowCount: dropped } = await client.query(DROP);
        if (dropped !== null && dropped > 0) this.dropped(dropped);
        return true;
      });
      while (isOwner && performance.now() >= this.notBefore && (await this.sendNext(url)));
    } catch (error) {
      if (!this.abort.signal.aborted) this.failed(error);
    }
  }

  /** @returns whether there may be more */
  private async sendNext(url: string): Promise<boolean> {
    const [next] = await this.dataSource.query<{ number: string; body: WebhookEvent }[]>(NEXT);
    if (next === undefined) return false;
    await this.post(url, next.body);
    await this.dataSource.query(
      'UPDATE insight_webhook_events SET finished_at = now(), delivered = true WHERE number = $1',
      [next.number],
    );
    this.events.inc({ outcome: 'delivered' });
    this.backoff.reset();
    this.outage.succeeded();
    return true;
  }

  /** @throws if the response is not one of success. A redirect is none: events go to no other host. */
  private async post(url: string, event: WebhookEvent): Promise<void> {
    const body = JSON.stringify(event);
    const message = { id: event.id, time: Math.floor(Date.now() / 1000), body };
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': `tetcore-analytics/${PACKAGE_VERSION}`,
        ...signedHeaders(message, this.settings.INSIGHT_WEBHOOK_SECRET),
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([this.abort.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the response has the status ${response.status.toString()}`);
  }

  private failed(error: unknown): void {
    this.notBefore = performance.now() + this.backoff.next();
    this.failures.inc();
    // The error of fetch has the reason as its cause.
    this.outage.failed(error instanceof TypeError && error.cause !== undefined ? error.cause : error);
  }

  private dropped(count: number): void {
    this.events.inc({ outcome: 'dropped' }, count);
    this.logger.warn(
      `${count.toString()} events were not sent to INSIGHT_WEBHOOK_URL: they waited for more than a day, or more than ${MAX_WAITING.toString()} waited.`,
    );
  }
}
