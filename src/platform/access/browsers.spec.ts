import type { IncomingHttpHeaders } from 'node:http';
import { hostname } from 'node:os';
import { Counter } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../config/index.js';
import { AccessMetrics } from './access.metrics.js';
import { Browsers } from './browsers.js';

function browsersOf(settings: Record<string, string> = {}): { browsers: Browsers; refusals: Counter } {
  const refusals = new Counter({ name: 'refused', help: 'x', labelNames: ['reason'], registers: [] });
  return { browsers: new Browsers(readSettings(settings), new AccessMetrics(refusals)), refusals };
}

describe('the names of a server without tokens', () => {
  const allows = (host: string | undefined, settings?: Record<string, string>): boolean =>
    browsersOf(settings).browsers.allowsHost({ headers: host === undefined ? {} : { host } });

  it('are its addresses, its own, and those that others cannot point at it', () => {
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

  it('are no others', () => {
    for (const host of [
      'rebound.example',
      'rebound.example:8080',
      'rebound.example.:8080',
      '127.0.0.1.rebound.example',
      'localhost.rebound.example',
      'user@127.0.0.1.rebound.example',
      // Whoever owns a domain can have a machine of our name in it.
      `${hostname()}.rebound.example`,
    ]) {
      expect([host, allows(host)]).toEqual([host, false]);
    }
  });

  it('are those of ALLOWED_HOSTS as well, or any', () => {
    const settings = { ALLOWED_HOSTS: 'Analytics.example, other.example' };
    expect(allows('analytics.example:8080', settings)).toBe(true);
    expect(allows('rebound.example', settings)).toBe(false);
    expect(allows('rebound.example', { ALLOWED_HOSTS: '*' })).toBe(true);
    expect(allows('rebound.example', { CORS_ORIGINS: '*' })).toBe(true);
    expect(allows('rebound.example', { API_TOKENS: 'read:0123456789abcdef' })).toBe(true);
  });
});

describe('what a browser sends for a page', () => {
  const OWN = { host: 'analytics.example:8080' };
  const CORS = { CORS_ORIGINS: 'https://pages.example' };

  it('changes something where the page is of the server or listed', async () => {
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

  it('opens a socket of a node where the page is listed, and for no page of the server', () => {
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
