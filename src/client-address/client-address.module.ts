import { Global, Module } from '@nestjs/common';
import { ClientAddresses } from './client-addresses.js';

@Global()
@Module({ providers: [ClientAddresses], exports: [ClientAddresses] })
export class ClientAddressModule {}
