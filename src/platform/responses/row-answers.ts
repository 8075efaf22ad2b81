import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { addressGroup } from '../address/index.js';
import { ClientAddresses } from '../client-address/index.js';
import { FairQueue, FairQueueFullError } from '../async/index.js';
import { AnswerBody } from './answer-body.js';
import { AnswerLimits } from './answer-limits.js';
import { AnswerMemory } from './answer-memory.js';
import { AnswerMetrics, type AnswerRefusal } from './answer.metrics.js';
import { AnswerTurns } from './answer-turns.js';
import { bodyTexts } from './body-texts.js';
import { HeldBody } from './held-body.js';
import type { RowFormat } from './row-format.js';
import { StreamLane } from './stream-lane.js';

const WHY: Record<AnswerRefusal, string> = {
  streams: 'Too many exports and large responses are in progress. Retry when one has ended.',
  streams_of_address:
    'Too many exports and large responses to this address are in progress. Retry when one has ended, or request ' +
    'fewer rows.',
  memory:
    'Responses that other clients have not read yet fill the response memory, and too many large responses are in ' +
    'progress. Retry later, or request fewer rows.',
  memory_of_address:
    'Responses that this address has not read yet fill its share of the response memory, and too many large ' +
    'responses are in progress. Read them first, or request fewer rows.',
  waiting: 'Too many requests are waiting for the database. Retry later.',
};

const UNLISTED_PROXY =
  ' All clients of a proxy share one address unless TRUSTED_PROXIES has the address of the proxy.';

/** One answer, and to whom it goes. */
interface Answer {
  response: ServerResponse;
  address: string;
  body: AnswerBody;
  texts: AsyncGenerator<string, void, undefined>;
}

/**
 * Answers with rows. A client that is slow, or does not read at all, holds memory within a bound, or one of the few
 * places of streams. No other connection to the database waits for a client.
 */
@Injectable()
export class RowAnswers {
  private readonly pages: FairQueue;
  private readonly lane: StreamLane;
  private readonly turns: AnswerTurns;
  private readonly memory: AnswerMemory;

  constructor(
    private readonly limits: AnswerLimits,
    private readonly clients: ClientAddresses,
    private readonly metrics: AnswerMetrics,
  ) {
    this.pages = new FairQueue(() => ({
      places: limits.pages,
      placesOfKey: limits.pagesOfAddress,
      waiting: limits.waiting,
      waitingOfKey: limits.waitingOfAddress,
    }));
    this.lane = new StreamLane(limits);
    this.turns = new AnswerTurns(limits.waitingOfConnection);
    this.memory = new AnswerMemory(limits);
    metrics.watch(
      () => this.lane.size,
      () => this.memory.size,
    );
  }

  /**
   * Answers with rows of which there is a bound. They are read at the speed of the database, and nothing is sent before
   * all are here, or more than are held in memory: an answer of that size goes on as a stream. Once the client is gone,
   * or has taken too long, the reading is given up by the `return` of its iterator. HEAD reads one row.
   *
   * @throws ServiceUnavailableException where too many others are answered
   * @throws what the rows throw; once something was sent, the answer is to be cut
   */
  async send(response: ServerResponse, rows: AsyncIterable<string>, format: RowFormat): Promise<void> {
    await this.answer(response, rows, format, this.limits.pageTotalMs, async (answer) => {
      const held = new HeldBody(this.memory, answer.body, answer.address, this.limits.bufferBytes);
      try {
        const isWhole = await this.readPage(answer, held);
        if (isWhole && !isHead(response)) response.setHeader('Content-Length', held.length);
        for (const part of held.take()) if (!(await answer.body.write(part))) return;
        if (!isWhole) await stream(answer);
        await answer.body.end();
      } finally {
        held.clear();
      }
    });
  }

  /**
   * Answers with any number of rows, as a stream from the first one on.
   *
   * @throws see `send`
   */
  async export(response: ServerResponse, rows: AsyncIterable<string>, format: RowFormat): Promise<void> {
    await this.answer(response, rows, format, this.limits.exportTotalMs, async (answer) => {
      this.enterLane(answer);
      await stream(answer);
      await answer.body.end();
    });
  }

  private async answer(
    response: ServerResponse,
    rows: AsyncIterable<string>,
    format: RowFormat,
    totalMs: number,
    send: (answer: Answer) => Promise<void>,
  ): Promise<void> {
    if (!(await this.turns.wait(response))) throw this.refusal('waiting');
    if (response.destroyed || response.req.socket.destroyed) return;
    const address = addressGroup(this.clients.of(response.req).address);
    const body = new AnswerBody(response, this.limits, (reason) => this.metrics.cut(reason));
    const reading = rows[Symbol.asyncIterator]();
    const giveUp = async (): Promise<void> => {
      await reading.return?.().catch(() => undefined);
    };
    const onClose = (): void => void giveUp();
    const deadline = setTimeout(() => body.cut('too_long'), totalMs);
    response.once('close', onClose);
    let isSent = false;
    try {
      const begun = beginning(response, { [Symbol.asyncIterator]: () => reading }, format);
      await send({ response, address, body, texts: begun });
      isSent = !response.destroyed;
    } finally {
      clearTimeout(deadline);
      response.off('close', onClose);
      // Its connection is back in the pool before its place is another's.
      if (!isSent) await giveUp();
      this.lane.leave(body);
    }
  }

  /** Reads as much of an answer as is held. @returns whether that is all of it */
  private async readPage(answer: Answer, held: HeldBody): Promise<boolean> {
    const leave = await this.enterPages(answer);
    try {
      for (;;) {
        const { done, value } = await answer.texts.next();
        if (done === true) return true;
        if (held.add(value)) continue;
        this.enterLane(answer, held.refusal);
        return false;
      }
    } finally {
      leave();
    }
  }

  /** Waits for a place to read. */
  private async enterPages({ response, address }: Answer): Promise<() => void> {
    const gone = new AbortController();
    const onClose = (): void => gone.abort(new Error('The client is gone.'));
    const timer = setTimeout(() => gone.abort(this.refusal('waiting')), this.limits.waitingMs);
    response.once('close', onClose);
    try {
      return await this.pages.enter(address, gone.signal);
    } catch (error) {
      throw error instanceof FairQueueFullError ? this.refusal('waiting') : error;
    } finally {
      clearTimeout(timer);
      response.off('close', onClose);
    }
  }

  /** @param why it needs a place, where that is not its size */
  private enterLane({ response, body, address }: Answer, why?: AnswerRefusal): void {
    const reason = this.lane.enter(body, address);
    if (reason !== undefined) {
      const said = why ?? reason;
      const isShared = said === 'streams_of_address' && this.clients.mayBeUnlistedProxy(response.req);
      throw this.refusal(said, isShared ? UNLISTED_PROXY : '');
    }
    body.bytesPerS = this.limits.streamBytesPerS;
  }

  private refusal(reason: AnswerRefusal, more = ''): ServiceUnavailableException {
    this.metrics.refused(reason);
    return new ServiceUnavailableException(WHY[reason] + more);
  }
}

/** The texts of an answer, whose head is set before the first of them. */
async function* beginning(
  response: ServerResponse,
  rows: AsyncIterable<string>,
  format: RowFormat,
): AsyncGenerator<string, void, undefined> {
  const texts = bodyTexts(rows, format, isHead(response));
  const first = await texts.next();
  if (response.destroyed) return;
  response.setHeader('Content-Type', format.contentType);
  if (first.done === true) return;
  yield first.value;
  yield* texts;
}

/** Writes texts as fast as the client takes them. */
async function stream({ body, texts }: Answer): Promise<void> {
  for await (const text of texts) if (!(await body.write(text))) return;
}

function isHead({ req }: ServerResponse): boolean {
  return req.method === 'HEAD';
}
