import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../../src/simulator/random/random.js';
import type { Outages } from '../outages.js';
import { drawRequest, type DrawnRequest } from './draw-request.js';

/** Open requests. While the database is away they pile up, and no more are sent. */
const MAX_OPEN = 12;
/** One ends before the next begins, so that the server's limit on exports is not reached. */
const MAX_EXPORTS = 1;
const RESPONSE_LIMIT_MS = 60_000;

export interface HttpRequestsOptions {
  http: string;
  seed: number;
  nodes: number;
  /** Requests. */
  perSecond: number;
  outages: Outages;
}

/** Sends HTTP requests at a steady rate, and checks the responses. */
export class HttpRequests {
  /** Responses that should not have come. */
  readonly failures: string[] = [];
  answered = 0;
  /** With 503, or cut off within an export, while the database was away. */
  refused = 0;
  /** Of complete responses: milliseconds. */
  slowest = 0;
  private readonly open = new Set<Promise<void>>();
  private exports = 0;

  constructor(private readonly options: HttpRequestsOptions) {}

  /** Runs until the signal aborts and every response has come. */
  async run(signal: AbortSignal): Promise<void> {
    const { seed, nodes, perSecond } = this.options;
    const random = new Random(seed, 'requests');
    while (!signal.aborted) {
      const request = drawRequest(random, nodes);
      const isFull = this.open.size >= MAX_OPEN || (request.export && this.exports >= MAX_EXPORTS);
      if (!isFull) this.start(request);
      await sleep(1000 / perSecond, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(this.open);
  }

  private start(request: DrawnRequest): void {
    this.exports += Number(request.export);
    const sent = this.send(request).finally(() => {
      this.exports -= Number(request.export);
      this.open.delete(sent);
    });
    this.open.add(sent);
  }

  private async send({ path, export: isExport }: DrawnRequest): Promise<void> {
    const sentAt = performance.now();
    const wasAway = (): boolean => this.options.outages.touch(sentAt, performance.now());
    try {
      const answer = await responseTo(this.options.http + path);
      // An export begins with 200, and is cut where it cannot go on.
      const body = await text(answer).catch((error: unknown) => {
        if (isExport && wasAway()) return undefined;
        throw error;
      });
      const status = answer.statusCode ?? 0;
      if (body === undefined || (status === 503 && wasAway())) {
        this.refused += 1;
      } else if (status === 200) {
        this.answered += 1;
        this.slowest = Math.max(this.slowest, performance.now() - sentAt);
      } else {
        this.failures.push(`${path} got ${status}: ${body.slice(0, 300)}`);
      }
    } catch (error) {
      this.failures.push(`${path} got no response: ${String(error)}`);
    }
  }
}

/**
 * On a connection of its own: one that is kept may be ended by the server just when the next request is sent.
 * The body is still to be read.
 */
function responseTo(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(RESPONSE_LIMIT_MS);
    get(url, { agent: false, signal }, resolve).on('error', reject);
  });
}
