import { Injectable } from '@nestjs/common';
import { addressGroup } from '../../platform/address/index.js';

/** How many sockets of nodes are open, in all and by address. */
@Injectable()
export class OpenSocketsCount {
  private readonly byAddress = new Map<string, number>();
  private all = 0;

  get total(): number {
    return this.all;
  }

  of(address: string): number {
    return this.byAddress.get(addressGroup(address)) ?? 0;
  }

  opened(address: string): void {
    this.count(address, 1);
  }

  /** To be called once for each call of `opened`. */
  ended(address: string): void {
    this.count(address, -1);
  }

  private count(address: string, change: 1 | -1): void {
    const key = addressGroup(address);
    const sockets = (this.byAddress.get(key) ?? 0) + change;
    this.all += change;
    if (sockets > 0) this.byAddress.set(key, sockets);
    else this.byAddress.delete(key);
  }
}
