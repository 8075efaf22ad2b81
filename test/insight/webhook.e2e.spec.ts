import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Aggregator, EventWebhook } from '../../src/insight/index.js';
import type { WebhookEvent } from '../../src/insight/webhook/events.js';
import { CollectorId } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { readProjectFile } from '../support/markdown.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

type IsSigned = (headers: IncomingHttpHeaders, body: string, secret: string) => boolean;

/** The function of docs/monitoring.md, as a receiver has it. */
async function documentedCheck(): Promise<IsSigned> {
  const [, code = ''] =
    /```js\n(import \{ createHmac[\s\S]*?)```/.exec(readProjectFile('docs/monitoring.md')) ?? [];
  const module = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { isSigned: IsSigned };
  return module.isSigned;
}

/** An HTTP server that keeps what it gets. */
class Receiver {
  readonly requests: { headers: IncomingHttpHeaders; body: string; event: WebhookEvent }[] = [];
  /** Of the next responses; null: none comes. */
  status: number | null = 200;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => {
        this.requests.push({ headers: request.headers, body, event: JSON.parse(body) as WebhookEvent });
        if (this.status === null) return void request.socket.destroy();
        response.writeHead(this.status, { location: '/elsewhere' }).end('thanks');
      });
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.server.listen(0, '127.0.0.1');
    await once(receiver.server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port.toString()}/hook?a=b`;
  }

  get events(): string[] {
    return this.requests.map(({ event: { type, phase } }) => `${type} ${phase}`);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

describe('events by a webhook', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  let receiver: Receiver;
  let server: TestServer | undefined;

  beforeEach(async () => {
    database = await TestDatabase.create();
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    await server?.[Symbol.asyncDispose]();
    server = undefined;
    await receiver.stop();
    await database[Symbol.asyncDispose]();
  });

  /** A server that owns the aggregation, whose passes do not run: the tables are those of the test. */
  const start = async (environment: Record<string, string> = {}): Promise<TestServer> => {
    server = await TestServer.ready(database.url, {
      INSIGHT_WEBHOOK_URL: receiver.url,
      INSIGHT_WEBHOOK_SECRET: SECRET,
      ...environment,
    });
    server.app.get(Aggregator).stop();
    await own(server.app.get(CollectorId).id);
    return server;
  };
  const own = (id: string): Promise<unknown> =>
    database.query(
      `INSERT INTO insight_state (began_at, closed_until, stored_until, passed_at, owner)
       VALUES (now(), date_trunc('minute', now()), now(), now(), $1)
       ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, passed_at = now()`,
      [id],
    );
  /** As the interval does, which others may have begun. */
  const update = async (): Promise<void> => {
    for (let count = 0; count < 2; count += 1) await server?.app.get(EventWebhook).update();
  };
  /** Repeats are delayed by seconds. */
  const until = async (what: string, events: readonly string[]): Promise<void> => {
    await waitUntil(
      async () => {
        await update();
        expect(receiver.events).toEqual(events);
        return true;
      },
      { what, timeoutMs: 20_000, everyMs: 100 },
    );
  };
  const chain = async (): Promise<number> => {
    const [row] = await database.query<{ id: number }>(
      `INSERT INTO chains (key, name, names, first_seen_at, last_seen_at)
       VALUES ('0x${'ab'.repeat(32)}', 'Simnet', '{Simnet}', now(), now()) RETURNING id`,
    );
    return row?.id ?? 0;
  };
  const span = (
    id: number,
    kind: string,
    secondsAgo: number,
    node = 0,
    ended: number | null = null,
  ): Promise<unknown> =>
    database.query(
      `INSERT INTO insight_spans (began_at, ended_at, height, chain_id, node_id, kind)
       VALUES (now() - $1 * interval '1 s', now() - $2 * interval '1 s', 77, $3, $4, $5)
       ON CONFLICT (chain_id, node_id, kind, began_at) DO UPDATE SET ended_at = excluded.ended_at`,
      [secondsAgo, ended, id, node, kind],
    );
  const sinceAnHour = (): Promise<unknown> =>
    database.query(
      "INSERT INTO insight_webhook_state (since) VALUES (now() - interval '1 hour') ON CONFLICT (id) DO UPDATE SET since = excluded.since",
    );

  it('are sent once each, in order, signed, and not again by the next process', async () => {
    const isSigned = await documentedCheck();
    await start();
    const id = await chain();
    // What was before the first start with a URL is not sent.
    await span(id, 'halt', 7_200, 0, 7_000);
    await update();
    await sinceAnHour();
    await span(id, 'finality_stall', 600, 0, 300);
    await span(id, 'stuck', 500, 5, 400);
    await database.query(
      `INSERT INTO observer_gaps (id, collector, cause, began_at, ended_at)
       SELECT gen_random_uuid(), number, 'paused', now() - interval '400 s', NULL FROM collectors`,
    );
    await until('the events', ['finality_stall begin', 'gap begin', 'finality_stall end']);
    const [stall, gap, end] = receiver.requests;
    const [times] = await database.query<{ began: string; ended: string }>(
      `SELECT to_char(began_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS began,
              to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ended
         FROM insight_spans WHERE kind = 'finality_stall'`,
    );
    expect(stall?.event).toEqual({
      id: stall?.headers['webhook-id'],
      type: 'finality_stall',
      phase: 'begin',
      time: times?.began,
      began_at: times?.began,
      ended_at: null,
      chain: { genesis_hash: `0x${'ab'.repeat(32)}`, name: 'Simnet' },
      height: 77,
    });
    expect(end?.event).toMatchObject({ time: times?.ended, began_at: times?.began, ended_at: times?.ended });
    expect(gap?.event).toMatchObject({
      cause: 'paused',
      chain: null,
      collector: expect.any(Number) as number,
    });
    for (const { headers, body } of receiver.requests) {
      expect(headers['content-type']).toBe('application/json');
      expect(isSigned(headers, body, SECRET)).toBe(true);
      expect(isSigned(headers, `${body} `, SECRET)).toBe(false);
      expect(isSigned(headers, body, SECRET.replace('Mf', 'Mg'))).toBe(false);
      expect(isSigned({ ...headers, 'webhook-timestamp': '1614265330' }, body, SECRET)).toBe(false);
    }
    expect(new Set(receiver.requests.map(({ event }) => event.id)).size).toBe(3);

    await server?.[Symbol.asyncDispose]();
    await database.query("UPDATE observer_gaps SET ended_at = now() WHERE cause = 'paused'");
    await database.query("DELETE FROM observer_gaps WHERE cause <> 'paused'");
    await start();
    await database.query("DELETE FROM observer_gaps WHERE cause <> 'paused'");
    await until('the end of the gap', ['finality_stall begin', 'gap begin', 'finality_stall end', 'gap end']);
    expect(receiver.requests[3]?.event.began_at).toBe(gap?.event.began_at);
  });

  it('are repeated until they are received, and no redirect is followed', async () => {
    await start();
    await sinceAnHour();
    await span(await chain(), 'halt', 100);
    receiver.status = 302;
    await until('the redirect', ['halt begin']);
    receiver.status = null;
    await until('a lost connection', ['halt begin', 'halt begin']);
    receiver.status = 204;
    await until('the repeat', ['halt begin', 'halt begin', 'halt begin']);
    await update();
    expect(receiver.requests).toHaveLength(3);
    expect(new Set(receiver.requests.map(({ body }) => body)).size).toBe(1);
    expect(await server?.metric('tetcore_webhook_events_total')).toEqual(
      new Map([['outcome="delivered"', 1]]),
    );
  });

  it('come again with the same id if a process ended before it knew that one was received', async () => {
    await start();
    await sinceAnHour();
    await span(await chain(), 'halt', 100);
    await until('the event', ['halt begin']);
    await database.query('UPDATE insight_webhook_events SET finished_at = NULL');
    await until('the event again', ['halt begin', 'halt begin']);
    expect(receiver.requests[0]?.event.id).toBe(receiver.requests[1]?.event.id);
  });

  it('are sent by the process that aggregates only', async () => {
    await start();
    await sinceAnHour();
    await span(await chain(), 'halt', 100);
    await own('00000000-0000-4000-8000-000000000001');
    await update();
    expect(receiver.requests).toEqual([]);
  });

  it('report stuck nodes as one event', async () => {
    await start();
    await sinceAnHour();
    const id = await chain();
    await database.query(
      `INSERT INTO insight_minutes (minute, chain_id, nodes, blocks, heights, expected_arrivals, arrivals, final_heights, bins)
       SELECT closed_until - interval '1 min', $1, 40, 0, 0, 0, 0, 0, '{}' FROM insight_state`,
      [id],
    );
    for (const node of [1, 2]) await span(id, 'stuck', 60 + node, node);
    await update();
    expect(receiver.events).toEqual([]);
    await span(id, 'stuck', 60, 3);
    await until('the event', ['stuck_nodes begin']);
    expect(receiver.requests[0]?.event).toMatchObject({ stuck: 3, nodes: 40, chain: { name: 'Simnet' } });
    await span(id, 'stuck', 59, 4);
    await database.query('UPDATE insight_spans SET ended_at = now() WHERE node_id = 1 OR node_id = 2');
    await update();
    expect(receiver.requests).toHaveLength(1);
    await database.query('UPDATE insight_spans SET ended_at = now() WHERE node_id = 3');
    await until('the end', ['stuck_nodes begin', 'stuck_nodes end']);
    expect(receiver.requests[1]?.event).toMatchObject({
      stuck: 1,
      began_at: receiver.requests[0]?.event.began_at,
    });
  });

  it('wait for a day, and no more than a thousand of them', async () => {
    receiver.status = 500;
    await start();
    await sinceAnHour();
    await span(await chain(), 'halt', 100);
    await update();
    await database.query(
      `INSERT INTO insight_webhook_events (id, type, phase, body, captured_at)
       SELECT gen_random_uuid(), 'gap', 'begin', json_build_object('id', gen_random_uuid(), 'type', 'gap', 'phase', place::text),
              now() - CASE WHEN place <= 5 THEN interval '25 hours' ELSE interval '1 hour' END
         FROM generate_series(1, 1010) AS place`,
    );
    await update();
    const waiting = async (): Promise<number> =>
      (
        await database.query<{ count: number }>(
          'SELECT count(*)::integer AS count FROM insight_webhook_events WHERE finished_at IS NULL',
        )
      )[0]?.count ?? 0;
    expect(await waiting()).toBe(1_000);
    expect(await server?.metric('tetcore_webhook_events_total')).toEqual(
      new Map([['outcome="dropped"', 11]]),
    );
  });
});
