import { Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { ANY_HOST, ANY_ORIGIN, Settings } from '../config/index.js';
import { AccessMetrics } from './access.metrics.js';
import { isOriginAllowed, originOf } from './origin.js';

/** As much of a request as says whether a browser sent it, and for which page. */
type BrowserRequest = Pick<IncomingMessage, 'headers'>;

/** As much of a host name as is written to the log. */
const NAME = /^[\w.-]{1,253}$/;

/**
 * What pages in a browser may have done. Browsers send requests for any page to anywhere; they say for which page
 * (`Origin`), and by which name they found the server (`Host`). Programs say what they like, and are no concern here.
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
    // Exact names: whoever owns a domain can have a machine of our name in it.
    this.hosts = new Set([...settings.ALLOWED_HOSTS, hostname().toLowerCase()]);
  }

  /**
   * Whether the server may be asked by that name. A page whose name an attacker points at the server is, to the browser,
   * a page of this server: nothing but the name tells. Where there are tokens such a page has none. Addresses, names of
   * this machine and names without a dot cannot be pointed anywhere by others.
   */
  allowsHost({ headers: { host } }: BrowserRequest): boolean {
    const { API_TOKENS, ALLOWED_HOSTS, CORS_ORIGINS } = this.settings;
    if (API_TOKENS.length > 0 || ALLOWED_HOSTS.includes(ANY_HOST) || CORS_ORIGINS.includes(ANY_ORIGIN)) {
      return true;
    }
    // No browser leaves it out.
    if (host === undefined) return true;
    const name = nameOf(host);
    const isAllowed = !name.includes('.') || name.endsWith('.localhost') || isIP(name) > 0;
    if (isAllowed || this.hosts.has(name)) return true;
    this.hostRefused(name);
    return false;
  }

  /** Whether a request that changes something was sent by a program, or for a page that may. */
  allowsWrite({ headers }: BrowserRequest): boolean {
    const isOfPage = originOf(headers) !== undefined;
    const site = headers['sec-fetch-site'];
    const isForeign = !isOfPage && (site === 'cross-site' || site === 'same-site');
    if (!isForeign && isOriginAllowed({ headers }, this.settings.CORS_ORIGINS)) return true;
    this.metrics.refused('origin');
    return false;
  }

  /** Whether a socket of a node is opened by a program, or by a page that is listed: no page of ours does so. */
  allowsTelemetry({ headers }: BrowserRequest): boolean {
    return isListed(originOf(headers), this.settings.CORS_ORIGINS);
  }

  private hostRefused(name: string): void {
    this.metrics.refused('host');
    if (this.wasHostRefused || !NAME.test(name)) return;
    this.wasHostRefused = true;
    this.logger.warn(
      `Refused a request to the host ${name}: without API_TOKENS the server is asked by its address or its own name. ` +
        'Add the name to ALLOWED_HOSTS if it is yours, as that of the machine with its domain may be. Others are not logged.',
    );
  }
}

function isListed(origin: unknown, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes(ANY_ORIGIN)) return true;
  return typeof origin === 'string' && URL.canParse(origin) && allowed.includes(new URL(origin).origin);
}

/** The name in a header `Host`, without its port and the dot at its end; of IPv6 the address alone. */
function nameOf(host: string): string {
  const [, address] = /^\[([^\]]*)\]/.exec(host) ?? [];
  if (address !== undefined) return address;
  return host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
}
