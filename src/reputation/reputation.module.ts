import { Module } from '@nestjs/common';
import { AnswerModule } from '../platform/responses/index.js';
import { StorageModule } from '../storage/index.js';
import { PeerReputationReadModel } from './history/peer-reputation.read-model.js';
import { LatestReportsReadModel } from './latest/latest-reports.read-model.js';
import { ReputationController } from './reputation.controller.js';

/** What nodes say of their peers, from their `system.network_state`. */
@Module({
  imports: [AnswerModule, StorageModule],
  controllers: [ReputationController],
  providers: [LatestReportsReadModel, PeerReputationReadModel],
})
export class ReputationModule {}
