import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../support/wait-until.js';
import { Outages } from '../outages.js';
import { HttpRequests } from './http-requests.js';

/** Sends requests to a server that responds so, until there are 20 responses and an export among them. */
async function sendTo(
  respond: (response: ServerResponse, isExport: boolean) => void,
  outages = new Outages(),
): Promise<HttpRequests> {
  let exports = 0;
  const server = createServer((request, response) => {
    const isExport = request.url?.includes('format=') === true;
    exports += Number(isExport);
    respond(response, isExport);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('There is no port.');
  const http = `http://127.0.0.1:${address.port}`;
  const requests = new HttpRequests({ http, seed: 1, nodes: 10, perSecond: 200, outages });
  const stop = new AbortController();
  const running = requests.run(stop.signal);
  try {
    await waitUntil(
      () => exports > 0 && requests.answered + requests.refused + requests.failures.length >= 20,
      {
        what: '20 responses',
      },
    );
  } finally {
    stop.abort();
    await running;
    server.closeAllConnections();
    server.close();
  }
  return requests;
}

const status =
  (code: number) =>
  (response: ServerResponse): void => {
    response.writeHead(code).end('{}');
  };

/** Begins a response, and cuts it. */
function cut(response: ServerResponse): void {
  response.writeHead(200).write('{', () => response.destroy());
}

async function inAnOutage(work: (outages: Outages) => Promise<void>): Promise<void> {
  const outages = new Outages();
  await outages.during(() => work(outages));
}

describe('a client that queries', () => {
  it('counts responses', async () => {
    const { failures, answered, refused } = await sendTo(status(200));
    expect({ failures, refused }).toEqual({ failures: [], refused: 0 });
    expect(answered).toBeGreaterThanOrEqual(20);
  });

  it.each([500, 502, 400, 404])('does not accept %i, with or without the database', async (code) => {
    expect((await sendTo(status(code))).answered).toBe(0);
    await inAnOutage(async (outages) => {
      const { failures, refused } = await sendTo(status(code), outages);
      expect(refused).toBe(0);
      expect(failures[0]).toContain(`got ${code}: {}`);
    });
  });

  it('accepts 503 and an incomplete export only while the database is away', async () => {
    const respond = (response: ServerResponse, isExport: boolean): void =>
      isExport ? cut(response) : status(503)(response);
    const there = await sendTo(respond);
    expect(there.refused).toBe(0);
    expect(there.failures.some((line) => line.includes('format=') && line.includes('got no response'))).toBe(
      true,
    );
    await inAnOutage(async (outages) => {
      const away = await sendTo(respond, outages);
      expect(away.failures).toEqual([]);
      expect(away.refused).toBeGreaterThanOrEqual(20);
    });
  });

  it('accepts no other incomplete response', async () => {
    await inAnOutage(async (outages) => {
      const { failures } = await sendTo((response) => cut(response), outages);
      expect(failures.length).toBeGreaterThan(0);
      expect(failures.filter((line) => line.includes('format='))).toEqual([]);
    });
  });
});
