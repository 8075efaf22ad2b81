import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { isOriginAllowed } from './origin.js';

const allowed = (headers: IncomingHttpHeaders, ...origins: string[]): boolean =>
  isOriginAllowed({ headers }, origins);

describe('isOriginAllowed', () => {
  it('lets in pages of the host that the request goes to, whether or not their port is written out', () => {
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

  it('refuses pages of other hosts and ports, and what is no page of a host', () => {
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

  it('lets in the pages that are configured, and everybody who is no browser', () => {
    expect(allowed({ origin: 'https://other.example', host: 'here' }, 'https://other.example')).toBe(true);
    expect(allowed({ origin: 'https://another.example', host: 'here' }, 'https://other.example')).toBe(false);
    expect(allowed({ origin: 'null', host: 'here' }, '*')).toBe(true);
    expect(allowed({ host: 'here' })).toBe(true);
    // RFC 6455's drafts had another name for it.
    expect(allowed({ 'sec-websocket-origin': 'http://evil.example', host: 'here' })).toBe(false);
  });
});
