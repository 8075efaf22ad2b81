import type { OpenAPIObject } from '@nestjs/swagger';
import { describe, expect, it } from 'vitest';
import { sharedServer } from '../support/shared-server.js';

const OTHERS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const shared = sharedServer();

/** The paths of the document and those that it cannot describe, each with its methods. */
async function routes(): Promise<Map<string, string[]>> {
  const { paths } = (await (await shared().server.get('/openapi.json')).json()) as OpenAPIObject;
  const found = new Map(
    Object.entries(paths).map(([path, item]) => [path, Object.keys(item).map((name) => name.toUpperCase())]),
  );
  for (const path of ['/feed', '/audit', '/submit', '/docs', '/openapi.json']) found.set(path, ['GET']);
  return found;
}

describe('a path', () => {
  it('answers other methods with 405, OPTIONS with 204, and names its methods in both', async () => {
    const { server } = shared();
    const all = await routes();
    expect(all.size).toBeGreaterThan(25);
    for (const [path, methods] of all) {
      const url = server.http + path.replaceAll(/\{\w+\}/g, '1');
      const allowed = [...methods, 'OPTIONS', ...(methods.includes('GET') ? ['HEAD'] : [])].sort();
      const options = await fetch(url, { method: 'OPTIONS' });
      expect([path, options.status]).toEqual([path, 204]);
      const given = options.headers.get('allow')?.split(', ') ?? [];
      expect([path, ...given]).toEqual([path, ...allowed]);
      const method = ['PATCH', 'DELETE', 'POST', 'PUT'].find((other) => !given.includes(other)) ?? '';
      const answer = await fetch(url, { method });
      expect([method, path, answer.status]).toEqual([method, path, 405]);
      expect(answer.headers.get('allow')?.split(', ')).toEqual(given);
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(await answer.json()).toMatchObject({ status: 405, title: 'Method Not Allowed' });
    }
    expect((await fetch(`${server.http}/nodes/`, { method: 'POST' })).status).toBe(405);
    const one = await fetch(`${server.http}/host_systems/1`, { method: 'PUT' });
    expect(one.headers.get('allow')).toBe('DELETE, GET, HEAD, OPTIONS, PATCH');
  });

  it('that does not exist is a 404 for every method', async () => {
    const { server } = shared();
    for (const path of ['/none', '/nodes/QmA/none', '/benchmarks/1/events/2']) {
      for (const method of OTHERS) {
        const answer = await fetch(server.http + path, { method });
        expect([method, path, answer.status, answer.headers.get('allow')]).toEqual([method, path, 404, null]);
      }
    }
  });
});
