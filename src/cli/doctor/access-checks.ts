import { ANY_HOST, ANY_ORIGIN, type Settings } from '../../platform/config/index.js';
import { type Check, type Finding, type Machine, ok, problem, warning } from './check.js';

/** Whether the settings let clients in that they should keep out. */
export const access: Check<Machine> = {
  name: 'access',
  run: ({ settings }) => [tokensFinding(settings), ...wideOpen(settings)],
};

function tokensFinding({ API_TOKENS, HOST }: Settings): Finding {
  if (API_TOKENS.length > 0)
    return ok(`The HTTP API and the live feed require a token (${API_TOKENS.length} configured).`);
  if (isLoopback(HOST)) return ok(`The server listens on ${HOST} only, so it needs no tokens.`);
  return warning(
    `Any client that reaches the port can read all stored data: API_TOKENS is not set, and HOST is ${HOST}.`,
    'Set API_TOKENS, or restrict access with a firewall or a proxy: docs/operations.md#on-a-public-network.',
  );
}

/** All addresses of IPv4 or IPv6. */
const EVERY_ADDRESS = '/0';

function wideOpen(settings: Settings): Finding[] {
  const { API_TOKENS, CORS_ORIGINS, ALLOWED_HOSTS, TRUSTED_PROXIES, TELEMETRY_ALLOWED_IPS } = settings;
  const findings: Finding[] = [];
  const hasTokens = API_TOKENS.length > 0;
  if (!hasTokens && CORS_ORIGINS.includes(ANY_ORIGIN)) {
    findings.push(
      warning(
        'Every web page that a user of this network opens can read and change data: CORS_ORIGINS is *, and API_TOKENS is not set.',
        'Set API_TOKENS, or list the origins of your pages in CORS_ORIGINS.',
      ),
    );
  }
  if (!hasTokens && ALLOWED_HOSTS.includes(ANY_HOST)) {
    findings.push(
      warning(
        'Web pages can reach the server by DNS rebinding: ALLOWED_HOSTS is *, and API_TOKENS is not set.',
        'Set API_TOKENS, or list the names of the server in ALLOWED_HOSTS.',
      ),
    );
  }
  if (TRUSTED_PROXIES.some((entry) => entry.endsWith(EVERY_ADDRESS))) {
    const lists = TELEMETRY_ALLOWED_IPS.length > 0 ? ', and so pass TELEMETRY_ALLOWED_IPS' : '';
    findings.push(
      problem(
        `Every client can claim any address${lists}: TRUSTED_PROXIES has all addresses.`,
        'List the addresses of your proxies only.',
      ),
    );
  }
  return findings;
}

/** Whether a host name or address is a loopback address. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(name);
}
