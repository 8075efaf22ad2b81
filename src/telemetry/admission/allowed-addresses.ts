import { Injectable } from '@nestjs/common';
import { AddressList } from '../../platform/address/index.js';
import type { ClientAddress } from '../../platform/client-address/index.js';
import { Settings } from '../../platform/config/index.js';

/** From where nodes may come: `TELEMETRY_ALLOWED_IPS`. */
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
