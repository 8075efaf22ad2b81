import { Injectable } from '@nestjs/common';
import { AddressList, addressGroup } from '../platform/address/index.js';
import { TokenBucket } from '../platform/async/index.js';
import type { ClientAddress } from '../platform/client-address/index.js';
import { Settings } from '../platform/config/index.js';

/** Why a WebSocket handshake is refused: a label of `tetcore_upgrades_refused_total`. */
export type UpgradeRefusalReason =
  | 'unknown_path'
  | 'host_not_allowed'
  | 'origin_not_allowed'
  | 'not_running'
  | 'address_not_allowed'
  | 'address_blocked'
  | 'too_many_of_address'
  | 'too_many'
  | 'too_many_at_once'
  | 'memory_limit'
  | 'feed_full';

export interface UpgradeRefusal {
  /** The HTTP status of the response. */
  status: number;
  reason: UpgradeRefusalReason;
  /** Until a retry may succeed: seconds. */
  retryAfterS?: number;
}

/** The addresses that nodes may come from: `TELEMETRY_ALLOWED_IPS`. */
@Injectable()
export class AllowedAddresses {
  private readonly list: AddressList | undefined;

  constructor({ TELEMETRY_ALLOWED_IPS }: Settings) {
    if (TELEMETRY_ALLOWED_IPS.length > 0) this.list = new AddressList(TELEMETRY_ALLOWED_IPS);
  }

  has({ address, isHidden }: ClientAddress): boolean {
    return this.list === undefined || (!isHidden && this.list.has(address));
  }
}

/** Above this number the address that was blocked first is unblocked. */
const MAX_BLOCKED = 10_000;

/** Addresses that are blocked for `TELEMETRY_BLOCK_S`, because they sent too much. */
@Injectable()
export class BlockedAddresses {
  /** Until when, by `performance.now()`. All are blocked for the same time, so the first one ends first. */
  private readonly until = new Map<string, number>();

  constructor(private readonly settings: Settings) {}

  block(address: string, now = performance.now()): void {
    const key = addressGroup(address);
    this.until.delete(key);
    this.until.set(key, now + this.settings.TELEMETRY_BLOCK_S * 1000);
    for (const [first, until] of this.until) {
      if (until > now && this.until.size <= MAX_BLOCKED) break;
      this.until.delete(first);
    }
  }

  /** Seconds until an address is no longer blocked; 0 where it is not. */
  leftS(address: string, now = performance.now()): number {
    if (this.until.size === 0) return 0;
    const until = this.until.get(addressGroup(address)) ?? 0;
    return Math.max(0, Math.ceil((until - now) / 1000));
  }
}

/** Limits new sockets of nodes to `TELEMETRY_MAX_CONNECTIONS_PER_S`, and as many at once. */
@Injectable()
export class NewSocketLimit {
  /** Undefined is no limit. */
  private readonly bucket: TokenBucket | undefined;

  constructor({ TELEMETRY_MAX_CONNECTIONS_PER_S: perSecond }: Settings) {
    if (perSecond > 0) this.bucket = new TokenBucket(perSecond, perSecond, 0);
  }

  tryAcquire(now = performance.now()): boolean {
    return this.bucket?.tryAcquire(now) ?? true;
  }
}

/** Counts the open sockets of nodes, in all and by address. */
@Injectable()
export class OpenSocketCount {
  private readonly byAddress = new Map<string, number>();
  private all = 0;

  get total(): number {
    return this.all;
  }

  of(address: string): number {
    return this.byAddress.get(addressGroup(address)) ?? 0;
  }

  opened(address: string): void {
    this.add(address, 1);
  }

  /** To be called once for each call of `opened`. */
  closed(address: string): void {
    this.add(address, -1);
  }

  private add(address: string, change: 1 | -1): void {
    const key = addressGroup(address);
    const sockets = (this.byAddress.get(key) ?? 0) + change;
    this.all += change;
    if (sockets > 0) this.byAddress.set(key, sockets);
    else this.byAddress.delete(key);
  }
}
