import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../../src/simulator/random/random.js';
import type { Outages } from '../outages.js';
import { drawQuestion, type Question } from './questions.js';

/** Questions that are under way at most. While the database is away they pile up, and nobody asks more. */
const MOST_OPEN = 12;
/** One is gone before the next is asked, so that the server's bound on them is not met. */
const MOST_EXPORTS = 1;
const ANSWER_LIMIT_MS = 60_000;

export interface AskerOptions {
  http: string;
  seed: number;
  nodes: number;
  /** Questions. */
  perSecond: number;
  outages: Outages;
}

/** Asks over HTTP at a steady rate, and tells answers that are right from those that are not. */
export class Asker {
  /** Answers that there should not have been. */
  readonly failures: string[] = [];
  answered = 0;
  /** With 503, or cut off within an export, while the database was away. */
  refused = 0;
  /** Of those that were answered whole: milliseconds. */
  slowest = 0;
  private readonly open = new Set<Promise<void>>();
  private exports = 0;

  constructor(private readonly options: AskerOptions) {}

  /** Until it is told to stop, and everything is answered. */
  async run(signal: AbortSignal): Promise<void> {
    const { seed, nodes, perSecond } = this.options;
    const random = new Random(seed, 'questions');
    while (!signal.aborted) {
      const question = drawQuestion(random, nodes);
      const isFull = this.open.size >= MOST_OPEN || (question.export && this.exports >= MOST_EXPORTS);
      if (!isFull) this.start(question);
      await sleep(1000 / perSecond, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(this.open);
  }

  private start(question: Question): void {
    this.exports += Number(question.export);
    const asked = this.ask(question).finally(() => {
      this.exports -= Number(question.export);
      this.open.delete(asked);
    });
    this.open.add(asked);
  }

  private async ask({ path, export: isExport }: Question): Promise<void> {
    const askedAt = performance.now();
    const wasAway = (): boolean => this.options.outages.touch(askedAt, performance.now());
    try {
      const answer = await answerTo(this.options.http + path);
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
        this.slowest = Math.max(this.slowest, performance.now() - askedAt);
      } else {
        this.failures.push(`${path} was answered with ${status}: ${body.slice(0, 300)}`);
      }
    } catch (error) {
      this.failures.push(`${path} was not answered: ${String(error)}`);
    }
  }
}

/**
 * On a connection of its own: one that is kept may be ended by the server just when the next question is sent.
 * The body is still to be read.
 */
function answerTo(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    get(url, { agent: false, signal }, resolve).on('error', reject);
  });
}
