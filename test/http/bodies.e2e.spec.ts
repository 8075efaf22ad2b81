import { describe, expect, it } from 'vitest';
import { sharedServer } from '../support/shared-server.js';
import type { TestServer } from '../support/test-server.js';

const PROBLEM = 'application/problem+json; charset=utf-8';

async function post(
  server: TestServer,
  body: string | Buffer,
  type = 'application/json',
): Promise<{ status: number; type: string | null; text: string }> {
  const answer = await fetch(`${server.http}/benchmarks`, {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    headers: { 'content-type': type },
  });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}

/** The longest time for which the server, which runs in this process, did nothing else: milliseconds. */
async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  let [longest, last] = [0, performance.now()];
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  await work();
  clearInterval(timer);
  return Math.max(longest, performance.now() - last);
}

const shared = sharedServer();

describe('a body', () => {
  it('whose numbers would expand to megabytes is rejected, and not stored', async () => {
    const { server } = shared();
    const before = (await server.api.GET('/benchmarks')).data;
    const answer = await post(server, `{"setup":{"a":[${Array(4500).fill('1e131071').join()}]}}`);
    expect([answer.status, answer.type]).toEqual([400, PROBLEM]);
    expect((await server.api.GET('/benchmarks')).data).toEqual(before);
  });

  it.each([
    [
      'keys',
      () => `{"setup":{${Array.from({ length: 300_000 }, (_, n) => `"k${n.toString()}":1`).join()}}}`,
      201,
    ],
    ['numbers', () => `{"setup":{"a":[${'0,'.repeat(3_000_000)}0]}}`, 201],
    ['numbers where a text belongs', () => `{"description":[${'0,'.repeat(3_000_000)}0]}`, 400],
    [
      'keys that are not known',
      () => `{${Array.from({ length: 200_000 }, (_, n) => `"k${n.toString()}":1`).join()}}`,
      400,
    ],
    ['numbers in a list', () => `[${'0,'.repeat(3_000_000)}0]`, 400],
  ])('with very many %s does not hold up what else the server does', async (_, make, status) => {
    const { server } = shared();
    const body = make();
    let answer: Awaited<ReturnType<typeof post>> | undefined;
    const blocked = await longestBlock(async () => {
      answer = await post(server, body);
    });
    expect([answer?.status, answer?.text.length]).toEqual([status, answer?.text.length]);
    // It once took minutes. The parser alone takes a tenth of a second.
    expect(blocked).toBeLessThan(3000);
  });

  it('must be in UTF-8, with or without a byte order mark', async () => {
    const { server } = shared();
    const nested = `{"description":"∀","setup":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`;
    const other = await post(server, Buffer.from(nested, 'utf16le'), 'application/json; charset=utf-16le');
    expect([other.status, other.type]).toEqual([415, PROBLEM]);
    expect((await post(server, nested)).status).toBe(400);
    expect((await post(server, '\uFEFF{"setup":{"a":1.50}}')).text).toContain('1.50');
  });

  it('must be an object', async () => {
    const { server } = shared();
    for (const body of ['[]', '[{"setup":{}}]', '"x"', '1', 'null', '']) {
      expect([body, (await post(server, body)).status]).toEqual([body, 400]);
    }
  });
});

describe('a request without a body', () => {
  it.each(['POST /benchmarks', 'POST /host_systems', 'PATCH /benchmarks/1', 'PATCH /host_systems/1'])(
    'is a 400 where one is required: %s',
    async (route) => {
      const { server } = shared();
      const [method = '', path = ''] = route.split(' ');
      const headers = { 'content-type': 'application/json' };
      for (const init of [{ method }, { method, headers }, { method, headers, body: '' }]) {
        const answer = await fetch(server.http + path, init);
        expect(answer.status).toBe(400);
        expect(await answer.json()).toMatchObject({ errors: [{ parameter: 'body' }] });
      }
    },
  );
});

describe('a property name of Object.prototype', () => {
  const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

  it('is an unknown parameter', async () => {
    const { server } = shared();
    for (const path of ['/nodes', '/stats/db', '/nodes/QmA/connections']) {
      for (const name of NAMES) {
        const answer = await server.get(`${path}?${name}=1`);
        expect([path, name, answer.status]).toEqual([path, name, 400]);
        expect(await answer.json()).toMatchObject({
          errors: [{ parameter: name, detail: expect.stringMatching(/^is unknown; known are: /) as string }],
        });
      }
    }
    for (const name of NAMES) {
      const answer = await post(server, `{"setup":{},"${name}":{"a":1}}`);
      expect([name, answer.status]).toEqual([name, 400]);
    }
  });
});
