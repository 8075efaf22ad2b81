import { Module } from '@nestjs/common';
import { getToken, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import type { IncomingMessage } from 'node:http';
import type { Counter } from 'prom-client';
import { AddressList, ipAddress } from '../address/index.js';
import { Settings } from '../config/index.js';
import { OutsideServerError } from '../errors/index.js';
import { copyText } from '../json/index.js';
import { forwardedForHops, forwardedHops, forwardedNode } from './forwarded-header.js';

const UNTRUSTED_FORWARDED = 'tetcore_untrusted_forwarded_total';

export const untrustedForwardedProvider = makeCounterProvider({
  name: UNTRUSTED_FORWARDED,
  help: 'Requests and handshakes with `Forwarded` or `X-Forwarded-For` whose sender is not in TRUSTED_PROXIES: the header was ignored.',
});

/** Loopback, private, link-local and carrier-grade NAT addresses: most proxies have one of them. */
const NEARBY = new AddressList([
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '::1',
  'fc00::/7',
  'fe80::/10',
]);

export interface ClientAddress {
  /** As ipAddress() returns it; empty where the TCP connection has ended already. */
  address: string;
  /**
   * The address is that of a trusted proxy, because its headers have no address of the client, or two. Lists of allowed
   * addresses must not take it for the client's own.
   */
  isHidden: boolean;
}

/** The part of a request that has the address of its client. */
export type AddressedRequest = Pick<IncomingMessage, 'headersDistinct'> & {
  headers?: IncomingMessage['headers'];
  socket: Pick<IncomingMessage['socket'], 'remoteAddress'>;
};

/**
 * The address of a client, by `TRUSTED_PROXIES`. Each hop in a header counts if its writer is trusted: the peer has
 * written the last hop; if that is a trusted proxy too, it has written the one before, and so on.
 *
 * A proxy writes `Forwarded` or `X-Forwarded-For`, and forwards the other header as the client sent it. So if a request
 * has both, they must agree hop by hop; where they do not, neither counts.
 */
export class ClientAddresses {
  private readonly trusted: AddressList;
  private readonly counted = new WeakSet<object>();

  constructor(
    settings: Settings,
    private readonly untrusted?: Counter,
  ) {
    this.trusted = new AddressList(settings.TRUSTED_PROXIES);
  }

  /** Whether the peer may be a proxy that is not in `TRUSTED_PROXIES`, so that all of its clients have one address. */
  mayBeUnlistedProxy({ socket }: Pick<AddressedRequest, 'socket'>): boolean {
    const address = ipAddress(socket.remoteAddress ?? '') ?? '';
    return NEARBY.has(address) && !this.trusted.has(address);
  }

  of(request: AddressedRequest): ClientAddress {
    let address = ipAddress(request.socket.remoteAddress ?? '') ?? '';
    if (!this.trusted.has(address)) {
      this.countIfForwarded(request);
      return { address, isHidden: false };
    }
    // Node.js parses the headers on access: only for trusted peers.
    const { headersDistinct } = request;
    const forwarded = (headersDistinct.forwarded ?? []).flatMap(forwardedHops);
    const forwardedFor = (headersDistinct['x-forwarded-for'] ?? []).flatMap(forwardedForHops);
    const hops = Math.max(forwarded.length, forwardedFor.length);
    for (let back = 1; back <= hops && this.trusted.has(address); back += 1) {
      const next = hop(forwarded.at(-back), back <= forwarded.length, forwardedFor.at(-back));
      if (next === undefined) return { address: copyText(address), isHidden: true };
      address = next;
    }
    // A copy: the address lives as long as the socket, and must not keep the header in memory.
    return { address: copyText(address), isHidden: false };
  }

  /** Once a request, which several parts may ask for its address. */
  private countIfForwarded(request: AddressedRequest): void {
    const { headers } = request;
    if (headers?.['x-forwarded-for'] === undefined && headers?.forwarded === undefined) return;
    if (this.untrusted === undefined || this.counted.has(request)) return;
    this.counted.add(request);
    this.untrusted.inc();
  }
}

/** The address of a hop by one header or both; undefined where it is missing or they disagree. */
function hop(
  forwarded: string | undefined,
  isForwarded: boolean,
  forwardedFor: string | undefined,
): string | undefined {
  const one = forwarded === undefined ? undefined : forwardedNode(forwarded);
  if (forwardedFor === undefined) return one;
  const other = forwardedNode(forwardedFor);
  return !isForwarded || one === other ? other : undefined;
}

@Module({
  providers: [
    untrustedForwardedProvider,
    {
      provide: ClientAddresses,
      inject: [{ token: Settings, optional: true }, getToken(UNTRUSTED_FORWARDED)],
      useFactory: (settings: Settings | undefined, untrusted: Counter) => {
        if (settings === undefined) throw new OutsideServerError('ClientAddressModule');
        return new ClientAddresses(settings, untrusted);
      },
    },
  ],
  exports: [ClientAddresses],
})
export class ClientAddressModule {}
