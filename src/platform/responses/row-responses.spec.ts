import { HttpException } from '@nestjs/common';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Counter, Gauge } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { ClientAddresses } from '../client-address/index.js';
import { readSettings } from '../config/index.js';
import { ResponseLimits } from './response-limits.js';
import { ResponseMetrics } from './response.metrics.js';
import { csv, JSON_LIST, NDJSON, type RowFormat } from './row-format.js';
import { RowResponses } from './row-responses.js';

const registers: never[] = [];
const gauge = (): Gauge => new Gauge({ name: 'gauge', help: 'x', registers });
const counter = (): Counter => new Counter({ name: 'counter', help: 'x', labelNames: ['reason'], registers });

/** RowResponses with the given limits, and counts of rejected and aborted responses. */
function responsesWithin(
  given: Partial<ResponseLimits> = {},
  settings: Record<string, string> = {},
): {
  responses: RowResponses;
  limits: ResponseLimits;
  counts: () => Promise<Record<string, number>>;
  buffered: () => Promise<number | undefined>;
} {
  const [streams, buffered, rejected, aborted] = [gauge(), gauge(), counter(), counter()];
  const clients = new ClientAddresses(readSettings(settings));
  const metrics = new ResponseMetrics(streams, buffered, rejected, aborted);
  const limits = Object.assign(new ResponseLimits(), given);
  return {
    responses: new RowResponses(limits, clients, metrics),
    limits,
    buffered: async () => (await buffered.get()).values[0]?.value,
    counts: async () => {
      const found = [...(await rejected.get()).values, ...(await aborted.get()).values];
      return Object.fromEntries(found.map(({ labels, value }) => [String(labels.reason), value]));
    },
  };
}

/** Sends rows. @returns how many were requested */
async function send(
  rows: Iterable<string>,
  read: (response: IncomingMessage) => Promise<string | undefined>,
  limits: Partial<ResponseLimits> = {},
  format: RowFormat = JSON_LIST,
  method = 'GET',
): Promise<{ asked: number; ended: boolean; text: string | undefined; headers: IncomingMessage['headers'] }> {
  let asked = 0;
  let ended = false;
  async function* counted(): AsyncGenerator<readonly string[]> {
    try {
      for (const row of rows) {
        asked += 1;
        yield await Promise.resolve([row]);
      }
    } finally {
      ended = true;
    }
  }
  let sent: Promise<void> | undefined;
  const server = createServer((_, response) => {
    sent = responsesWithin(limits).responses.send(response, counted(), format);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const [received] = (await once(request({ port, method, agent: false }).end(), 'response')) as [
    IncomingMessage,
  ];
  received.on('error', () => undefined);
  const text = await read(received);
  await sent;
  server.close();
  return { asked, ended, text, headers: received.headers };
}

async function whole(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  return text;
}

function* endless(): Generator<string> {
  for (;;) yield JSON.stringify('x'.repeat(100_000));
}

describe('a response with rows', () => {
  it('sends a list of no rows, of one, and of many', async () => {
    for (const count of [0, 1, 10_000]) {
      const rows = Array.from({ length: count }, (_, n) => ({ n, text: 'ä' }));
      const { text, headers } = await send(
        rows.map((row) => JSON.stringify(row)),
        whole,
      );
      expect(JSON.parse(text ?? '')).toEqual(rows);
      expect(headers['content-type']).toBe('application/json; charset=utf-8');
    }
  });

  it('sends NDJSON, and CSV with a header line, each row with a line break', async () => {
    const text = async (format: RowFormat, rows: readonly string[]): Promise<string | undefined> =>
      (await send(rows, whole, {}, format)).text;
    expect(await text(NDJSON, [])).toBe('');
    expect(await text(NDJSON, ['1', '2'])).toBe('1\n2\n');
    expect(await text(csv(['a', 'b']), [])).toBe('a,b\r\n');
    expect(await text(csv(['a', 'b']), ['1,2', '3,4'])).toBe('a,b\r\n1,2\r\n3,4\r\n');
  });

  it('sends only headers for HEAD, after reading one row', async () => {
    for (const [rows, count] of [
      [endless(), 1],
      [[], 0],
    ] as const) {
      const { asked, ended, text, headers } = await send(rows, whole, {}, NDJSON, 'HEAD');
      expect([asked, ended, text]).toEqual([count, true, '']);
      expect(headers).toMatchObject({ 'content-type': 'application/x-ndjson; charset=utf-8' });
      expect(headers).not.toHaveProperty('content-length');
    }
  });

  it('cancels a read when the client disconnects or the response exceeds its maximum duration', async () => {
    for (const pageTotalMs of [30_000, 50]) {
      let finish: (done: IteratorReturnResult<undefined>) => void = () => undefined;
      const next = new Promise<IteratorReturnResult<undefined>>((resolve) => (finish = resolve));
      const done = { done: true, value: undefined } as const;
      const rows = {
        next: () => next,
        return: () => {
          finish(done);
          return Promise.resolve(done);
        },
      };
      const server = createServer((_, response) => {
        const { responses } = responsesWithin({ pageTotalMs });
        const sending = responses.send(response, { [Symbol.asyncIterator]: () => rows }, JSON_LIST);
        void sending.then(() => server.close());
        if (pageTotalMs === 30_000) asking.destroy();
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const closed = once(server, 'close');
      const asking = request({ port: (server.address() as AddressInfo).port, agent: false }).end();
      asking.on('error', () => undefined);
      await closed;
      await next;
    }
  });

  it('requests no more rows once the client has disconnected', async () => {
    const { ended, asked } = await send(endless(), (received) => {
      received.destroy();
      return Promise.resolve(undefined);
    });
    expect(ended).toBe(true);
    expect(asked).toBeLessThan(1000);
  });

  it('disconnects a client that reads nothing', async () => {
    const { ended } = await send(endless(), () => Promise.resolve(undefined), { ...{}, stallMs: 50 });
    expect(ended).toBe(true);
  });

  it('disconnects a client that reads too slowly for too long', async () => {
    const read = (response: IncomingMessage): Promise<undefined> =>
      whole(response).then(
        () => undefined,
        () => undefined,
      );
    expect((await send(endless(), read, { pageTotalMs: 100 })).ended).toBe(true);
  });
});

/** A server with one response after the other, and clients that read on demand. */
class Site implements AsyncDisposable {
  private readonly server = createServer((request, response) => {
    const given = this.respond(request, response);
    given.catch((error: unknown) => {
      const status = error instanceof HttpException ? error.getStatus() : 500;
      if (!response.headersSent) response.writeHead(status).end((error as Error).message);
    });
    this.sent.push(given.catch(() => undefined));
  });
  readonly sent: Promise<void>[] = [];

  private constructor(
    private readonly respond: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  ) {}

  static async open(
    respond: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  ): Promise<Site> {
    const site = new Site(respond);
    site.server.listen(0, '127.0.0.1');
    await once(site.server, 'listening');
    return site;
  }

  /** Gets the headers of a response; its body waits until it is read. */
  async get(path: string, localAddress = '127.0.0.1'): Promise<IncomingMessage> {
    const { port } = this.server.address() as AddressInfo;
    const asking = request({ port, path, localAddress, host: '127.0.0.1', agent: false }).end();
    const [received] = (await once(asking, 'response')) as [IncomingMessage];
    received.on('error', () => undefined);
    return received;
  }

  /** Asks so often on one connection at once, of which nothing is read. */
  pipeline(path: string, count: number): Socket {
    const { port } = this.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket.pause().write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(count));
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await Promise.all(this.sent);
  }
}

/** Texts that exceed the buffer of a socket. */
function* rowsOf(count: number, length = 100_000): Generator<string> {
  for (let n = 0; n < count; n += 1) yield JSON.stringify('x'.repeat(length));
}

describe('a client that does not read', () => {
  it('holds memory and no read while a buffered response waits, and gets all of it later', async () => {
    const { responses, buffered } = responsesWithin({ bufferBytes: 30_000_000, bufferedBytesOfAddress: 1e9 });
    let ended = false;
    async function* rows(): AsyncGenerator<readonly string[]> {
      for (const row of rowsOf(200)) yield [row];
      ended = true;
      await Promise.resolve();
    }
    await using site = await Site.open((_, response) => responses.send(response, rows(), JSON_LIST));
    const received = await site.get('/');
    expect(ended).toBe(true);
    expect(await buffered()).toBeGreaterThan(1_000_000);
    expect(received.headers).toHaveProperty('content-length');
    expect((JSON.parse(await whole(received)) as string[]).length).toBe(200);
    await Promise.all(site.sent);
    expect(await buffered()).toBe(0);
  });

  it('gets 503 before anything is sent if the response is larger and no stream slot is free', async () => {
    const { responses, counts } = responsesWithin({ bufferBytes: 100_000, streams: 2, streamsOfAddress: 1 });
    await using site = await Site.open((_, response) => responses.send(response, soon(endless()), JSON_LIST));
    const status = async (address: string): Promise<number | undefined> =>
      (await site.get('/', address)).statusCode;
    expect(await status('127.0.0.1')).toBe(200);
    expect(await status('127.0.0.1')).toBe(503);
    expect(await status('127.0.0.2')).toBe(200);
    expect(await status('127.0.0.3')).toBe(503);
    expect(await counts()).toEqual({ streams_of_address: 1, streams: 1 });
  });

  it('is told about TRUSTED_PROXIES if its address may be that of an unlisted proxy', async () => {
    const refusal = async (settings: Record<string, string>): Promise<string> => {
      const { responses } = responsesWithin({ streamsOfAddress: 1 }, settings);
      await using site = await Site.open((_, response) =>
        responses.export(response, soon(endless()), NDJSON),
      );
      expect((await site.get('/')).statusCode).toBe(200);
      const refused = await site.get('/');
      expect(refused.statusCode).toBe(503);
      return await whole(refused);
    };
    expect(await refusal({})).toMatch(/Too many exports.*TRUSTED_PROXIES/);
    expect(await refusal({ TRUSTED_PROXIES: '127.0.0.0/8' })).not.toContain('TRUSTED_PROXIES');
  });

  it('is evicted for another once it has read nothing for a while', async () => {
    const { responses, counts } = responsesWithin({ streams: 1, evictAfterMs: 0 });
    await using site = await Site.open((_, response) => responses.export(response, soon(endless()), NDJSON));
    const first = await site.get('/', '127.0.0.1');
    const cut = closeOf(first);
    // It is not waited for before what it took by itself fills up.
    await isServed(site, '127.0.0.2');
    first.resume();
    await cut;
    expect(await counts()).toMatchObject({ evicted: 1 });
  });

  it('needs a stream slot beyond the memory of its address, and leaves memory to others', async () => {
    const { responses, counts } = responsesWithin({
      bufferBytes: 30_000_000,
      bufferedBytesOfAddress: 15_000_000,
      evictHeldAfterMs: Infinity,
      streams: 0,
    });
    await using site = await Site.open((_, response) =>
      responses.send(response, soon(rowsOf(120)), JSON_LIST),
    );
    const status = async (address: string): Promise<number | undefined> =>
      (await site.get('/', address)).statusCode;
    expect(await status('127.0.0.1')).toBe(200);
    expect(await status('127.0.0.1')).toBe(503);
    expect(await status('127.0.0.2')).toBe(200);
    expect(await counts()).toEqual({ memory_of_address: 1 });
  });

  it('leaves memory to a client that reads while three addresses fill it', async () => {
    const { responses, limits, counts, buffered } = responsesWithin({ bufferBytes: 30_000_000, streams: 0 });
    await using site = await Site.open(({ url }, response) =>
      responses.send(response, soon(rowsOf(url === '/large' ? 100 : 10)), JSON_LIST),
    );
    const attacker = (n: number): string => `127.0.0.${(1 + (n % 3)).toString()}`;
    for (let n = 0; n < 6; n += 1) await site.get('/large', attacker(n));
    limits.bufferedBytes = (await buffered()) ?? 0;
    expect(limits.bufferedBytes).toBeGreaterThan(10_000_000);
    for (let n = 0; n < 10; n += 1) {
      await site.get('/large', attacker(n));
      const received = await site.get('/', '127.0.1.1');
      expect(received.statusCode).toBe(200);
      expect((JSON.parse(await whole(received)) as string[]).length).toBe(10);
    }
    expect(await buffered()).toBeLessThanOrEqual(limits.bufferedBytes);
    expect((await counts()).evicted).toBeGreaterThan(0);
  });

  it('leaves stream slots to others if its address has several and reads slowly', async () => {
    const { responses, counts } = responsesWithin();
    await using site = await Site.open((_, response) => responses.export(response, soon(endless()), NDJSON));
    const slow = [];
    for (let n = 0; n < 4; n += 1) slow.push(await site.get('/', `127.0.0.${(1 + (n % 2)).toString()}`));
    const cut = slow.map(closeOf);
    const [first] = cut;
    expect((await site.get('/', '127.0.0.3')).statusCode).toBe(200);
    slow[0]?.resume();
    await first;
    expect(await counts()).toEqual({ evicted: 1 });
  });
});

describe('a client that pipelines requests', () => {
  it('uses no resources for pipelined responses that wait, and releases all of them', async () => {
    const { responses, counts } = responsesWithin({ waitingOfConnection: 2 });
    let reads = 0;
    async function* rows(): AsyncGenerator<readonly string[]> {
      reads += 1;
      yield* soon(endless());
    }
    await using site = await Site.open((_, response) => responses.export(response, rows(), NDJSON));
    const socket = site.pipeline('/', 5);
    await vi.waitFor(() => expect(site.sent.length).toBe(5));
    await vi.waitFor(async () => expect(await counts()).toEqual({ waiting: 2 }));
    await vi.waitFor(() => expect(reads).toBe(1));
    socket.destroy();
    await Promise.all(site.sent);
    expect(reads).toBe(1);
  });

  it('gets pipelined responses one after the other', async () => {
    const { responses } = responsesWithin();
    await using site = await Site.open((_, response) =>
      responses.send(response, soon(rowsOf(1, 10)), NDJSON),
    );
    const socket = site.pipeline('/', 3);
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => (text += part));
    socket.resume();
    await vi.waitFor(() => expect(text.match(/xxxxxxxxxx/g)).toHaveLength(3));
    socket.destroy();
  });
});

describe('reads for pages', () => {
  it('are limited in total and by address, and others wait for their turn', async () => {
    const { responses, counts } = responsesWithin({ pages: 2, pagesOfAddress: 1, waitingOfAddress: 1 });
    const begun: string[] = [];
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    async function* rows(path: string): AsyncGenerator<readonly string[]> {
      begun.push(path);
      await finished;
      yield ['1'];
    }
    await using site = await Site.open(({ url = '' }, response) =>
      responses.send(response, rows(url), JSON_LIST),
    );
    const answered = [site.get('/a1', '127.0.0.1'), site.get('/a2', '127.0.0.1')];
    await vi.waitFor(() => expect(site.sent.length).toBe(2));
    expect((await site.get('/a3', '127.0.0.1')).statusCode).toBe(503);
    answered.push(site.get('/b1', '127.0.0.2'));
    await vi.waitFor(() => expect(begun.length).toBe(2));
    expect(begun.map((path) => path.charAt(1)).sort()).toEqual(['a', 'b']);
    finish();
    expect(await Promise.all((await Promise.all(answered)).map(whole))).toEqual(['[1]', '[1]', '[1]']);
    expect(await counts()).toEqual({ waiting: 1 });
  });

  it('end without an error, unread, if the client disconnects while it waits', async () => {
    const { responses } = responsesWithin({ pages: 1 });
    const begun: string[] = [];
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    async function* rows(path: string): AsyncGenerator<readonly string[]> {
      begun.push(path);
      await finished;
      yield ['1'];
    }
    const errors: unknown[] = [];
    await using site = await Site.open(({ url = '' }, response) =>
      responses.send(response, rows(url), JSON_LIST).catch((error: unknown) => {
        errors.push(error);
        throw error;
      }),
    );
    const first = site.get('/a', '127.0.0.1');
    await vi.waitFor(() => expect(begun).toEqual(['/a']));
    const client = site.pipeline('/b', 1);
    await vi.waitFor(() => expect(site.sent.length).toBe(2));
    client.destroy();
    await site.sent[1];
    finish();
    expect(await whole(await first)).toBe('[1]');
    expect([begun, errors]).toEqual([['/a'], []]);
  });
});

/** The same rows, one after the other, with turns of the event loop between them. */
async function* soon(rows: Iterable<string>): AsyncGenerator<readonly string[]> {
  for (const row of rows) {
    await new Promise((resolve) => setImmediate(resolve));
    yield [row];
  }
}

/** Also when it is aborted. */
const closeOf = (response: IncomingMessage): Promise<void> =>
  new Promise((resolve) => response.once('close', () => resolve()));

async function isServed(site: Site, address: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const received = await site.get('/', address);
      received.destroy();
      expect(received.statusCode).toBe(200);
    },
    { timeout: 10_000 },
  );
}
