import { UnauthorizedException } from '@nestjs/common';
import { expect, it } from 'vitest';
import { AccessGuard } from '../platform/access/index.js';
import { ClientAddresses } from '../platform/client-address/index.js';
import { readSettings } from '../platform/config/index.js';
import { testRequest } from './requests.js';

class BasicGuard extends AccessGuard {
  override check(...[request, response]: Parameters<AccessGuard['check']>): void {
    if (request.get('authorization') === 'Basic YTpi' && request.path === '/nodes') return;
    response.setHeader('WWW-Authenticate', 'Basic');
    throw new UnauthorizedException();
  }
}

it('can be checked by a guard, which may set headers of the response', () => {
  const guard = new BasicGuard();
  const good = testRequest({ url: '/nodes?limit=1', headers: { Authorization: 'Basic YTpi' } });
  expect(() => guard.check(good, good.res)).not.toThrow();
  expect([good.method, good.url, good.headers.authorization]).toEqual([
    'GET',
    '/nodes?limit=1',
    'Basic YTpi',
  ]);
  const bad = testRequest({ method: 'POST' });
  expect(() => guard.check(bad, bad.res)).toThrow(UnauthorizedException);
  expect(bad.res.getHeader('WWW-Authenticate')).toBe('Basic');
});

it('has an address, and the headers of proxies', () => {
  const addresses = new ClientAddresses(readSettings({ TRUSTED_PROXIES: '10.0.0.1' }));
  const request = testRequest({ address: '10.0.0.1', headers: { 'X-Forwarded-For': '192.0.2.7' } });
  expect(addresses.of(request).address).toBe('192.0.2.7');
});
