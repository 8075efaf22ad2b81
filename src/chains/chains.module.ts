import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/index.js';
import { ChainNames } from './chain-names.js';

/** Resolves chains in requests. */
@Module({ imports: [StorageModule], providers: [ChainNames], exports: [ChainNames] })
export class ChainsModule {}
