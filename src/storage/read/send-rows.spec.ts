import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { csv, JSON_LIST, NDJSON, type RowFormat } from './row-format.js';
import { sendRows, type SendLimits } from './send-rows.js';

const GENEROUS: SendLimits = { stallMs: 30_000, totalMs: 30_000 };

/** Sends rows, and tells how many were asked for when it is over. */
async function send(
  rows: Iterable<string>,
  read: (answer: IncomingMessage) => Promise<string | undefined>,
  limits = GENEROUS,
  format: RowFormat = JSON_LIST,
  method = 'GET',
): Promise<{ asked: number; ended: boolean; text: string | undefined; headers: IncomingMessage['headers'] }> {
  let asked = 0;
  let ended = false;
  async function* counted(): AsyncGenerator<string> {
    try {
      for (const row of rows) {
        asked += 1;
        yield await Promise.resolve(row);
      }
    } finally {
      ended = true;
    }
  }
  let sent: Promise<void> | undefined;
  const server = createServer((_, response) => {
    sent = sendRows(response, counted(), format, limits);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const [answer] = (await once(request({ port, method, agent: false }).end(), 'response')) as [
    IncomingMessage,
  ];
  answer.on('error', () => undefined);
  const text = await read(answer);
  await sent;
  server.close();
  return { asked, ended, text, headers: answer.headers };
}

async function whole(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  return text;
}

function* endless(): Generator<string> {
  for (;;) yield JSON.stringify('x'.repeat(100_000));
}

describe('sendRows', () => {
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

  it('sends lines, and tables with a head, that end where the last row ends', async () => {
    const text = async (format: RowFormat, rows: readonly string[]): Promise<string | undefined> =>
      (await send(rows, whole, GENEROUS, format)).text;
    expect(await text(NDJSON, [])).toBe('');
    expect(await text(NDJSON, ['1', '2'])).toBe('1\n2\n');
    expect(await text(csv(['a', 'b']), [])).toBe('a,b\r\n');
    expect(await text(csv(['a', 'b']), ['1,2', '3,4'])).toBe('a,b\r\n1,2\r\n3,4\r\n');
  });

  it('sends the head of an answer alone where nothing else is asked for, by one row', async () => {
    for (const [rows, count] of [
      [endless(), 1],
      [[], 0],
    ] as const) {
      const { asked, ended, text, headers } = await send(rows, whole, GENEROUS, NDJSON, 'HEAD');
      expect([asked, ended, text]).toEqual([count, true, '']);
      expect(headers).toMatchObject({ 'content-type': 'application/x-ndjson; charset=utf-8' });
      expect(headers).not.toHaveProperty('content-length');
    }
  });

  it('gives up a row that is looked for when the client is gone, or has taken too long', async () => {
    for (const totalMs of [30_000, 50]) {
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
        const sending = sendRows(response, { [Symbol.asyncIterator]: () => rows }, JSON_LIST, {
          ...GENEROUS,
          totalMs,
        });
        void sending.then(() => server.close());
        if (totalMs === 30_000) asking.destroy();
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

  it('asks for no more rows once the client is gone', async () => {
    const { ended, asked } = await send(endless(), (answer) => {
      answer.destroy();
      return Promise.resolve(undefined);
    });
    expect(ended).toBe(true);
    expect(asked).toBeLessThan(1000);
  });

  it('cuts off a client that takes nothing', async () => {
    const { ended } = await send(endless(), () => Promise.resolve(undefined), { ...GENEROUS, stallMs: 50 });
    expect(ended).toBe(true);
  });

  it('cuts off a client that takes little for too long', async () => {
    const read = (answer: IncomingMessage): Promise<undefined> =>
      whole(answer).then(
        () => undefined,
        () => undefined,
      );
    expect((await send(endless(), read, { ...GENEROUS, totalMs: 100 })).ended).toBe(true);
  });
});
