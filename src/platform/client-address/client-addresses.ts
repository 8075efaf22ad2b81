import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { AddressList, ipAddress } from '../address/index.js';
import { Settings } from '../config/index.js';
import { copyText } from '../json/index.js';
import { forwardedForHops, forwardedHops } from './forwarded-header.js';
import { forwardedNode } from './forwarded-node.js';

/** Loopback, private and link-local addresses, and those of carriers' own networks: where proxies are, as a rule. */
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
  /** As ipAddress() gives it; empty where the line has gone already. */
  address: string;
  /**
   * It is that of a trusted proxy, which does not say who came to it, or says two things. Who asks whether an address
   * may come in must not take this for the client's own.
   */
  isHidden: boolean;
}

/** As much of a request as says who sent it. */
export type AddressedRequest = Pick<IncomingMessage, 'headersDistinct'> & {
  socket: Pick<IncomingMessage['socket'], 'remoteAddress'>;
};

/**
 * Who sent a request, by `TRUSTED_PROXIES`. What a header says counts as far as whoever wrote it is trusted: the
 * trusted peer has written the last hop; if that one is trusted too, it has written the one before, and so on.
 *
 * Proxies write `Forwarded` or `X-Forwarded-For`, and pass on the other as the client made it up. So where a request
 * has both, they must agree hop by hop; from where they do not, neither is believed.
 */
@Injectable()
export class ClientAddresses {
  private readonly trusted: AddressList;

  constructor(settings: Settings) {
    this.trusted = new AddressList(settings.TRUSTED_PROXIES);
  }

  /** Whether who sent a request may be a proxy that is not listed, so that all of its clients have one address. */
  mayBeUnlistedProxy({ socket }: Pick<AddressedRequest, 'socket'>): boolean {
    const address = ipAddress(socket.remoteAddress ?? '') ?? '';
    return NEARBY.has(address) && !this.trusted.has(address);
  }

  of(request: AddressedRequest): ClientAddress {
    let address = ipAddress(request.socket.remoteAddress ?? '') ?? '';
    if (!this.trusted.has(address)) return { address, isHidden: false };
    // Node makes it when it is asked for: not for strangers.
    const { headersDistinct } = request;
    const forwarded = (headersDistinct.forwarded ?? []).flatMap(forwardedHops);
    const forwardedFor = (headersDistinct['x-forwarded-for'] ?? []).flatMap(forwardedForHops);
    const hops = Math.max(forwarded.length, forwardedFor.length);
    for (let back = 1; back <= hops && this.trusted.has(address); back += 1) {
      const next = hop(forwarded.at(-back), back <= forwarded.length, forwardedFor.at(-back));
      if (next === undefined) return { address: copyText(address), isHidden: true };
      address = next;
    }
    // It lives as long as a socket, or as an address is blocked: the whole header must not.
    return { address: copyText(address), isHidden: false };
  }
}

/** What a hop is by one header or both; undefined where it is not said, or not agreed on. */
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
