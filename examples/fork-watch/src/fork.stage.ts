import { Injectable } from '@nestjs/common';
import { type StoredMessage, AfterStoreHook } from 'tetcore-analytics';
import { ForkWatch } from './fork-watch.service.js';
import { type ReportedBlock, reportedBlock, TELLING } from './reported-block.js';

/** Sees every message that tells of a block, once it is stored. */
@Injectable()
export class ForkStage extends AfterStoreHook {
  override readonly types = TELLING;

  constructor(private readonly watch: ForkWatch) {
    super();
  }

  override async handle(messages: readonly StoredMessage[]): Promise<void> {
    const blocks = messages.map(reportedBlock);
    await this.watch.see(blocks.filter((block): block is ReportedBlock => block !== undefined));
  }
}
