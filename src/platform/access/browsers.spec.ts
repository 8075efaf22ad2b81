import type { IncomingHttpHeaders } from 'node:http';
import { hostname } from 'node:os';
import { Counter } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../config/index.js';
import { AccessMetrics } from './access.metrics.js';
import { Browsers, isOriginAllowed } from './browsers.js';

function browsersOf(settings: Record<string, string> = {}): { browsers: Browsers; refusals: Counter } {
  const refusals = new Counter({ name: 'refused', help: 'x', labelNames: ['reason'], registers: [] });
  return { browsers: new Browsers(readSettings(settings), new AccessMetrics(refusals)), refusals };
}

describe('Browsers.allowsHost without tokens', () => {
  const allows = (host: string | undefined, settings?: Record<string, string>): boolean =>
    browsersOf(settings).browsers.allowsHost({ headers: host === undefined ? {} : { host } });

  it('accepts addresses, the own name, and names that others cannot resolve to the server', () => {
    for (const host of [
      '127.0.0.1',
      '192.0.2.7:8080',
      '[::1]:8080',
      '[2001:db8::1]',
      'localhost:8080',
      'LocalHost',
      'localhost.',
      'try.localhost:8080',
      'analytics:8080',
      hostname(),
      undefined,
    ]) {
      expect([host, allows(host)]).toEqual([host, true]);
    }
  });

  it('rejects other names', () => {
    for (const host of [
      'rebound.example',
      'rebound.example:8080',
      'rebound.example.:8080',
      '127.0.0.1.rebound.example',
      'localhost.rebound.example',
      'user@127.0.0.1.rebound.example',
      // The owner of a domain can have a machine of our name in it.
      `${hostname()}.rebound.example`,
    ]) {
      expect([host, allows(host)]).toEqual([host, false]);
    }
  });

  it('accepts names of ALLOWED_HOSTS, or any', () => {
    const settings = { ALLOWED_HOSTS: 'Analytics.example, other.example' };
    expect(allows('analytics.example:8080', settings)).toBe(true);
    expect(allows('rebound.example', settings)).toBe(false);
    expect(allows('rebound.example', { ALLOWED_HOSTS: '*' })).toBe(true);
    expect(allows('rebound.example', { CORS_ORIGINS: '*' })).toBe(true);
    expect(allows('rebound.example', { API_TOKENS: 'read:0123456789abcdef' })).toBe(true);
  });
});

describe('Browsers, for requests of pages', () => {
  const OWN = { host: 'analytics.example:8080' };
  const CORS = { CORS_ORIGINS: 'https://pages.example' };

  it('allows a page of the server or of CORS_ORIGINS to change data', async () => {
    const { browsers, refusals } = browsersOf(CORS);
    const allowed: IncomingHttpHeaders[] = [
      {},
      { origin: 'http://analytics.example:8080' },
      { origin: 'https://pages.example', 'sec-fetch-site': 'cross-site' },
      { origin: 'http://analytics.example:8080', 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
    ];
    const foreign: IncomingHttpHeaders[] = [
      { origin: 'https://other.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of allowed)
      expect(browsers.allowsWrite({ headers: { ...OWN, ...headers } })).toBe(true);
    for (const headers of foreign) {
      expect(browsers.allowsWrite({ headers: { ...OWN, ...headers } })).toBe(false);
    }
    expect((await refusals.get()).values).toMatchObject([{ labels: { reason: 'origin' }, value: 4 }]);
  });

  it('allows pages of CORS_ORIGINS to open node sockets, and no page of the server', () => {
    const { browsers } = browsersOf(CORS);
    const allows = (origin?: string): boolean =>
      browsers.allowsTelemetry({ headers: { ...OWN, ...(origin !== undefined && { origin }) } });
    expect([allows(), allows('https://pages.example')]).toEqual([true, true]);
    for (const origin of ['http://analytics.example:8080', 'https://other.example', 'null']) {
      expect(allows(origin)).toBe(false);
    }
    expect(browsersOf({ CORS_ORIGINS: '*' }).browsers.allowsTelemetry({ headers: { origin: 'null' } })).toBe(
      true,
    );
  });
});

const allowed = (headers: IncomingHttpHeaders, ...origins: string[]): boolean =>
  isOriginAllowed({ headers }, origins);

describe('isOriginAllowed', () => {
  it('accepts pages of the same host, with and without the default port', () => {
    for (const [origin, host] of [
      ['http://localhost:8080', 'localhost:8080'],
      ['https://telemetry.example', 'telemetry.example'],
      ['https://telemetry.example', 'telemetry.example:443'],
      ['http://telemetry.example', 'Telemetry.Example:80'],
      ['http://[::1]:8080', '[::1]:8080'],
    ] as const) {
      expect([origin, host, allowed({ origin, host })]).toEqual([origin, host, true]);
    }
  });

  it('rejects pages of other hosts and ports, and other origins', () => {
    for (const [origin, host] of [
      ['http://evil.example', 'localhost:8080'],
      ['http://localhost:8081', 'localhost:8080'],
      ['http://localhost', 'localhost:8080'],
      ['https://localhost:8080.evil.example', 'localhost:8080'],
      ['https://telemetry.example', 'telemetry.example:80'],
      ['null', 'localhost:8080'],
      ['', 'localhost:8080'],
      ['file://', ''],
      ['chrome-extension://abcdef', 'abcdef'],
      ['http://localhost:8080', undefined],
    ] as const) {
      expect([origin, host, allowed({ origin, ...(host !== undefined && { host }) })]).toEqual([
        origin,
        host,
        false,
      ]);
    }
  });

  it('accepts configured origins, and requests without an origin', () => {
    expect(allowed({ origin: 'https://other.example', host: 'here' }, 'https://other.example')).toBe(true);
    expect(allowed({ origin: 'https://another.example', host: 'here' }, 'https://other.example')).toBe(false);
    expect(allowed({ origin: 'null', host: 'here' }, '*')).toBe(true);
    expect(allowed({ host: 'here' })).toBe(true);
    // RFC 6455's drafts had another name for it.
    expect(allowed({ 'sec-websocket-origin': 'http://evil.example', host: 'here' })).toBe(false);
  });
});
