import { Injectable, Logger, Module } from '@nestjs/common';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { ANY_HOST, ANY_ORIGIN, Settings } from '../config/index.js';
import { AccessMetrics, accessMetricProviders } from './access.metrics.js';

/** The part of a request that a browser adds. */
type BrowserRequest = Pick<IncomingMessage, 'headers'>;

/** A host name that may be written to the log. */
const NAME = /^[\w.-]{1,253}$/;

/**
 * What pages in a browser may do. A browser sends requests of any page to any server, with the origin of the page
 * (`Origin`) and the name of the server (`Host`). Programs can send any headers: these checks do not concern them.
 */
@Injectable()
export class Browsers {
  private readonly logger = new Logger('Access');
  private readonly hosts: ReadonlySet<string>;
  private wasHostRefused = false;

  constructor(
    private readonly settings: Settings,
    private readonly metrics: AccessMetrics,
  ) {
    // Exact names: the owner of any domain can add the name of this machine to it.
    this.hosts = new Set([...settings.ALLOWED_HOSTS, hostname().toLowerCase()]);
  }

  /**
   * Whether requests with this host are accepted, against DNS rebinding: an attacker can resolve the name of a page to
   * this server, and the browser then takes the page for one of this server. Only the name differs. With API tokens such
   * a page has none. Addresses, names of this machine and names without a dot are not under the attacker's control.
   */
  allowsHost({ headers: { host } }: BrowserRequest): boolean {
    const { API_TOKENS, ALLOWED_HOSTS, CORS_ORIGINS } = this.settings;
    if (API_TOKENS.length > 0 || ALLOWED_HOSTS.includes(ANY_HOST) || CORS_ORIGINS.includes(ANY_ORIGIN)) {
      return true;
    }
    // Browsers always send it.
    if (host === undefined) return true;
    const name = nameOf(host);
    const isAllowed = !name.includes('.') || name.endsWith('.localhost') || isIP(name) > 0;
    if (isAllowed || this.hosts.has(name)) return true;
    this.hostRefused(name);
    return false;
  }

  /** Whether a request that changes data was sent by a program, or by a page that may. */
  allowsWrite({ headers }: BrowserRequest): boolean {
    const isOfPage = originOf(headers) !== undefined;
    const site = headers['sec-fetch-site'];
    const isForeign = !isOfPage && (site === 'cross-site' || site === 'same-site');
    if (!isForeign && isOriginAllowed({ headers }, this.settings.CORS_ORIGINS)) return true;
    this.metrics.refused('origin');
    return false;
  }

  /** Whether a node's socket was opened by a program, or by a page of `CORS_ORIGINS`. The server's own pages open none. */
  allowsTelemetry({ headers }: BrowserRequest): boolean {
    return isListed(originOf(headers), this.settings.CORS_ORIGINS);
  }

  private hostRefused(name: string): void {
    this.metrics.refused('host');
    if (this.wasHostRefused || !NAME.test(name)) return;
    this.wasHostRefused = true;
    this.logger.warn(
      `Refused a request to the host ${name}: without API_TOKENS, requests must use an address or the server's own name. ` +
        'If the name is yours, add it to ALLOWED_HOSTS. Further refusals are not logged.',
    );
  }
}

function isListed(origin: unknown, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes(ANY_ORIGIN)) return true;
  return typeof origin === 'string' && URL.canParse(origin) && allowed.includes(new URL(origin).origin);
}

/** The name in a header `Host`, without port and trailing dot; for IPv6 the address without brackets. */
function nameOf(host: string): string {
  const [, address] = /^\[([^\]]*)\]/.exec(host) ?? [];
  if (address !== undefined) return address;
  return host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
}

/**
 * Whether a page may open a WebSocket or change data: it has the same host and port as the request, or is allowed.
 * Browsers let every page open WebSockets to every server, and always send the origin of the page. A request without an
 * origin is not from a browser.
 */
export function isOriginAllowed(
  { headers }: Pick<IncomingMessage, 'headers'>,
  allowed: readonly string[],
): boolean {
  const origin = originOf(headers);
  if (origin === undefined || allowed.includes(ANY_ORIGIN)) return true;
  if (typeof origin !== 'string' || !URL.canParse(origin)) return false;
  const page = new URL(origin);
  if (!/^https?:$/.test(page.protocol)) return false;
  if (allowed.includes(page.origin)) return true;
  // The default port of the protocol may be written in one of them and omitted in the other.
  const target = `${page.protocol}//${headers.host ?? ''}`;
  return URL.canParse(target) && new URL(target).host === page.host;
}

/** The origin of the page that sent a request; undefined for programs, and for GET and HEAD of the same origin. */
function originOf(headers: IncomingHttpHeaders): string | string[] | undefined {
  return headers.origin ?? headers['sec-websocket-origin'];
}

/** Checks of browsers, for routes, the feed and sockets of nodes. */
@Module({
  providers: [...accessMetricProviders, AccessMetrics, Browsers],
  exports: [AccessMetrics, Browsers],
})
export class BrowsersModule {}
