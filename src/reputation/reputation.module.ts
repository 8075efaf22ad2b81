import { Module } from '@nestjs/common';
import { ResponsesModule } from '../platform/responses/index.js';
import { StorageModule } from '../storage/index.js';
import { LatestReportsReadModel } from './latest-reports.read-model.js';
import { PeerReputationReadModel } from './peer-reputation.read-model.js';
import { ReputationController } from './reputation.controller.js';

/** Reputations that nodes report of their peers in `system.network_state`. */
@Module({
  imports: [ResponsesModule, StorageModule],
  controllers: [ReputationController],
  providers: [LatestReportsReadModel, PeerReputationReadModel],
})
export class ReputationModule {}
