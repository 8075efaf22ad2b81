import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeRecord } from '../fleet/records.js';

/** Between the end of a socket and the next one of its node, with the wait before the node dials: seconds. */
export interface Gaps {
  count: number;
  p50: number;
  longest: number;
}

/** The times in which nodes were not connected, between their first socket and their last. */
export function gapsOf(nodes: readonly NodeRecord[]): Gaps {
  const gaps = nodes
    .flatMap(({ sockets }) =>
      sockets.slice(1).map(({ openedAt }, index) => openedAt - (sockets[index]?.endedAt ?? openedAt)),
    )
    .map((ms) => ms / 1000)
    .sort((a, b) => a - b);
  return { count: gaps.length, p50: gaps[gaps.length >> 1] ?? 0, longest: gaps.at(-1) ?? 0 };
}

const ORIGIN = 'https://pages.example';
const ANSWER_LIMIT_MS = 30_000;

interface ReadRequest {
  method: string;
  path: string;
  /** Of an answer that is right. */
  status: number;
  headers?: Record<string, string>;
}

/** What a server answers without asking its database: so fast that its answer is out within the turn of the request. */
const REQUESTS: readonly ReadRequest[] = [
  { method: 'GET', path: '/no-such-page', status: 404 },
  { method: 'GET', path: '/dashboard/', status: 200 },
  { method: 'GET', path: '/dashboard/pages.json', status: 200 },
  {
    method: 'OPTIONS',
    path: '/nodes',
    status: 204,
    headers: { Origin: ORIGIN, 'Access-Control-Request-Method': 'POST' },
  },
];

/** Asks for pages and for what is not there, at a steady rate, and notes what is not answered as it should be. */
export class PassersBy {
  /** What a server has to be set to, so that it answers them. */
  static readonly ENVIRONMENT = { CORS_ORIGINS: ORIGIN };
  readonly failures: string[] = [];
  answered = 0;

  /** @param perSecond how often all is asked */
  constructor(
    private readonly http: string,
    private readonly perSecond: number,
  ) {}

  /** Until it is told to stop, and everything is answered. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pause = sleep(1000 / this.perSecond, undefined, { signal }).catch(() => undefined);
      await Promise.all([...REQUESTS.map((request) => this.ask(request)), pause]);
    }
  }

  private async ask(request: ReadRequest): Promise<void> {
    const { method, path } = request;
    try {
      const status = await statusOf(this.http, request);
      if (status === request.status) this.answered += 1;
      else this.failures.push(`${method} ${path} was answered with ${status}`);
    } catch (error) {
      this.failures.push(`${method} ${path} was not answered: ${String(error)}`);
    }
  }
}

/** On a connection of its own, once the answer is there whole. */
async function statusOf(http: string, { method, path, headers = {} }: ReadRequest): Promise<number> {
  return await new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    request(http + path, { method, headers, agent: false, signal }, (answer) => {
      text(answer).then(() => resolve(answer.statusCode ?? 0), reject);
    })
      .on('error', reject)
      .end();
  });
}
