import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressGroup } from '../address/index.js';
import { FairSemaphore, type RowPieces, SemaphoreFullError } from '../async/index.js';
import { ClientAddresses } from '../client-address/index.js';
import { ResponseBody } from './response-body.js';
import { ResponseLimits } from './response-limits.js';
import { BufferedBody, ResponseMemory } from './response-memory.js';
import { ResponseMetrics, type ResponseRejection } from './response.metrics.js';
import { bodyTexts, type RowFormat } from './row-format.js';
import { type BodyParts, MAX_SHARED_BYTES, SharedBodies, type SharedBody } from './shared-bodies.js';
import { StreamSlots } from './stream-slots.js';

/**
 * HTTP pipelining: Node.js passes all requests of a connection to the server, sends the responses one after the other,
 * and does not tell waiting ones that the connection was closed. So a response uses no resources before its turn.
 */
class PipelinedResponses {
  private readonly waiting = new WeakMap<Socket, number>();

  /** @param maxWaiting responses of one connection that may wait */
  constructor(private readonly maxWaiting: number) {}

  /** Waits for the turn of a response, or the end of its connection. @returns false if too many are waiting */
  async wait(response: ServerResponse): Promise<boolean> {
    if (response.socket !== null) return true;
    const { req } = response;
    const { socket } = req;
    const count = this.waiting.get(socket) ?? 0;
    if (count >= this.maxWaiting) return false;
    this.waiting.set(socket, count + 1);
    await new Promise<void>((resolve) => {
      response.once('socket', () => resolve());
      // A request also closes after its body.
      req.once('close', () => {
        if (socket.destroyed) resolve();
      });
    });
    this.waiting.set(socket, (this.waiting.get(socket) ?? 0) - 1);
    return true;
  }
}

/** The client disconnected while its request waited: there is nothing left to respond to. */
class ClientDisconnectedError extends Error {
  override readonly name = 'ClientDisconnectedError';
}

const REASONS: Record<ResponseRejection, string> = {
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

/** A response in progress. */
interface RowResponse {
  response: ServerResponse;
  address: string;
  body: ResponseBody;
  texts: AsyncGenerator<string, void, undefined>;
}

/**
 * Sends rows as responses. A client that reads slowly, or not at all, holds a limited amount of memory or one of the few
 * stream slots. Apart from streams, no database connection waits for a client.
 */
@Injectable()
export class RowResponses {
  private readonly pages: FairSemaphore;
  private readonly streams: StreamSlots;
  private readonly pipeline: PipelinedResponses;
  private readonly memory: ResponseMemory;
  private readonly shared = new SharedBodies();

  constructor(
    private readonly limits: ResponseLimits,
    private readonly clients: ClientAddresses,
    private readonly metrics: ResponseMetrics,
  ) {
    this.pages = new FairSemaphore(() => ({
      permits: limits.pages,
      permitsPerKey: limits.pagesOfAddress,
      waiting: limits.waiting,
      waitingPerKey: limits.waitingOfAddress,
    }));
    this.streams = new StreamSlots(limits);
    this.pipeline = new PipelinedResponses(limits.waitingOfConnection);
    this.memory = new ResponseMemory(limits);
    metrics.watch(
      () => this.streams.size,
      () => this.memory.size,
    );
  }

  /**
   * Sends a limited number of rows. They are read at the speed of the database and buffered; a response that exceeds the
   * buffer continues as a stream. If the client disconnects or is too slow, the `return` of the iterator ends the
   * reading. HEAD reads the first rows.
   *
   * @throws ServiceUnavailableException if too many other responses are in progress
   * @throws errors of the rows; if part of the response was sent, it must be aborted
   */
  async send(response: ServerResponse, rows: RowPieces, format: RowFormat): Promise<void> {
    await this.respond(response, rows, format, this.limits.pageTotalMs, async (current) => {
      await this.sendPage(current);
    });
  }

  /**
   * The same for a list that many ask for, which is read once for all who ask within a second, with an `ETag`. A client
   * gets 304 if it has the same.
   *
   * @throws see `send`
   */
  async sendShared(
    response: ServerResponse & { req: IncomingMessage & { originalUrl?: string; fresh?: boolean } },
    rows: RowPieces,
    format: RowFormat,
  ): Promise<void> {
    if (isHead(response)) {
      await this.send(response, rows, format);
      return;
    }
    // What tokens may see is for guards to decide.
    const key = JSON.stringify([response.req.originalUrl, response.req.headers.authorization]);
    await this.respond(response, rows, format, this.limits.pageTotalMs, async (current) => {
      const pending = this.shared.find(key);
      const done = pending === undefined ? this.shared.begin(key) : undefined;
      const found = await pending;
      try {
        if (found === undefined || found === null) await this.sendPage(current, done);
        else await this.sendBody(current, found, format);
      } finally {
        done?.(undefined);
      }
    });
  }

  /** @param share is called with the parts of the body, once they are read; with none if it is streamed */
  private async sendPage(
    current: RowResponse,
    share?: (parts: BodyParts | undefined) => SharedBody | undefined,
  ): Promise<void> {
    const { response, body, address } = current;
    const buffered = new BufferedBody(this.memory, body, address, this.limits.bufferBytes);
    try {
      const isWhole = await this.readPage(current, buffered);
      const shared = share?.(isWhole && buffered.length <= MAX_SHARED_BYTES ? buffered.all : undefined);
      if (shared !== undefined && this.isFresh(response, shared)) {
        await body.end();
        return;
      }
      if (isWhole && !isHead(response)) response.setHeader('Content-Length', buffered.length);
      for (const part of buffered.take()) if (!(await body.write(part))) return;
      if (!isWhole) await stream(current);
      await body.end();
    } finally {
      buffered.clear();
    }
  }

  private async sendBody(current: RowResponse, shared: SharedBody, format: RowFormat): Promise<void> {
    const { response, body, address } = current;
    response.setHeader('Content-Type', format.contentType);
    if (this.isFresh(response, shared)) {
      await body.end();
      return;
    }
    const buffered = new BufferedBody(this.memory, body, address, this.limits.bufferBytes);
    try {
      if (!buffered.add(shared.bytes)) throw this.rejection(buffered.rejection ?? 'memory');
      response.setHeader('Content-Length', shared.bytes.length);
      for (const part of buffered.take()) if (!(await body.write(part))) return;
      await body.end();
    } finally {
      buffered.clear();
    }
  }

  /** Sets the headers of a shared body. @returns whether the client has it: then the status is 304 */
  private isFresh(response: ServerResponse & { req: { fresh?: boolean } }, { etag }: SharedBody): boolean {
    response.setHeader('ETag', etag);
    response.setHeader('Cache-Control', 'no-cache');
    if (response.req.fresh !== true) return false;
    response.statusCode = 304;
    response.removeHeader('Content-Type');
    return true;
  }

  /**
   * Sends any number of rows, as a stream from the first row on.
   *
   * @throws see `send`
   */
  async export(response: ServerResponse, rows: RowPieces, format: RowFormat): Promise<void> {
    await this.respond(response, rows, format, this.limits.exportTotalMs, async (current) => {
      this.enterStream(current);
      await stream(current);
      await current.body.end();
    });
  }

  private async respond(
    response: ServerResponse,
    rows: RowPieces,
    format: RowFormat,
    totalMs: number,
    send: (current: RowResponse) => Promise<void>,
  ): Promise<void> {
    if (!(await this.pipeline.wait(response))) throw this.rejection('waiting');
    if (response.destroyed || response.req.socket.destroyed) return;
    const address = addressGroup(this.clients.of(response.req).address);
    const body = new ResponseBody(response, this.limits, (reason) => this.metrics.aborted(reason));
    const reading = rows[Symbol.asyncIterator]();
    const cancel = async (): Promise<void> => {
      await reading.return?.().catch(() => undefined);
    };
    const onClose = (): void => void cancel();
    const deadline = setTimeout(() => body.abort('too_long'), totalMs);
    response.once('close', onClose);
    let isSent = false;
    try {
      const texts = withHeaders(response, { [Symbol.asyncIterator]: () => reading }, format);
      await send({ response, address, body, texts });
      isSent = !response.destroyed;
    } catch (error) {
      if (!(error instanceof ClientDisconnectedError)) throw error;
    } finally {
      clearTimeout(deadline);
      response.off('close', onClose);
      // So that its connection is back in the pool before its slot is free.
      if (!isSent) await cancel();
      this.streams.leave(body);
    }
  }

  /** Reads as much of a response as is buffered. @returns whether that is all of it */
  private async readPage(current: RowResponse, buffered: BufferedBody): Promise<boolean> {
    const release = await this.acquirePage(current);
    try {
      for (;;) {
        const { done, value } = await current.texts.next();
        if (done === true) return true;
        if (buffered.add(value)) continue;
        this.enterStream(current, buffered.rejection);
        return false;
      }
    } finally {
      release();
    }
  }

  /** Waits for its turn to read. */
  private async acquirePage({ response, address }: RowResponse): Promise<() => void> {
    const disconnected = new AbortController();
    const onClose = (): void =>
      disconnected.abort(new ClientDisconnectedError('The client has disconnected.'));
    const timer = setTimeout(() => disconnected.abort(this.rejection('waiting')), this.limits.waitingMs);
    response.once('close', onClose);
    try {
      return await this.pages.acquire(address, disconnected.signal);
    } catch (error) {
      throw error instanceof SemaphoreFullError ? this.rejection('waiting') : error;
    } finally {
      clearTimeout(timer);
      response.off('close', onClose);
    }
  }

  /** @param cause why it needs a slot, if not because of its size */
  private enterStream({ response, body, address }: RowResponse, cause?: ResponseRejection): void {
    const reason = this.streams.enter(body, address);
    if (reason !== undefined) {
      const shown = cause ?? reason;
      const isShared = shown === 'streams_of_address' && this.clients.mayBeUnlistedProxy(response.req);
      throw this.rejection(shown, isShared ? UNLISTED_PROXY : '');
    }
    body.minBytesPerS = this.limits.streamBytesPerS;
  }

  private rejection(reason: ResponseRejection, more = ''): ServiceUnavailableException {
    this.metrics.rejected(reason);
    return new ServiceUnavailableException(REASONS[reason] + more);
  }
}

/** The texts of a response. Sets its headers before the first one. */
async function* withHeaders(
  response: ServerResponse,
  rows: RowPieces,
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

/** Writes texts as fast as the client reads them. */
async function stream({ body, texts }: RowResponse): Promise<void> {
  for await (const text of texts) if (!(await body.write(text))) return;
}

function isHead({ req }: ServerResponse): boolean {
  return req.method === 'HEAD';
}
