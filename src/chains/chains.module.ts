import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/index.js';
import { ChainNames } from './chain-names.js';

/** Finds the chain that a client means. */
@Module({ imports: [StorageModule], providers: [ChainNames], exports: [ChainNames] })
export class ChainsModule {}
