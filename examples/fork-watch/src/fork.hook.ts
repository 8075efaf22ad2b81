import { Injectable } from '@nestjs/common';
import { type StoredMessage, AfterStoreHook } from 'tetcore-analytics';
import { ForkWatch } from './fork-watch.service.js';
import { type ReportedBlock, reportedBlock, BLOCK_TYPES } from './reported-block.js';

/** Receives every message about a block after it is stored. */
@Injectable()
export class ForkHook extends AfterStoreHook {
  override readonly types = BLOCK_TYPES;

  constructor(private readonly watch: ForkWatch) {
    super();
  }

  override async handle(messages: readonly StoredMessage[]): Promise<void> {
    const blocks = messages.map(reportedBlock);
    await this.watch.see(blocks.filter((block): block is ReportedBlock => block !== undefined));
  }
}
