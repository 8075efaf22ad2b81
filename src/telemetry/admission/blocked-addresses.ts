import { Injectable } from '@nestjs/common';
import { addressGroup } from '../../platform/address/index.js';
import { Settings } from '../../platform/config/index.js';

/** Beyond so many the one that was blocked first is free again. */
const MAX_BLOCKED = 10_000;

/** Addresses that are refused for `TELEMETRY_BLOCK_S`, because they sent too much. */
@Injectable()
export class BlockedAddresses {
  /** Until when, by `performance.now()`. Each is blocked for the same time: the first is free first. */
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

  /** Seconds until an address is free again; 0 where it is. */
  leftS(address: string, now = performance.now()): number {
    if (this.until.size === 0) return 0;
    const until = this.until.get(addressGroup(address)) ?? 0;
    return Math.max(0, Math.ceil((until - now) / 1000));
  }
}
