import { Module } from '@nestjs/common';
import { ClientAddresses } from './client-addresses.js';

@Module({ providers: [ClientAddresses], exports: [ClientAddresses] })
export class ClientAddressModule {}
