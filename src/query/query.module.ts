import { Module } from '@nestjs/common';
import { ChainsModule } from '../chains/index.js';
import { ResponsesModule } from '../platform/responses/index.js';
import { StorageModule } from '../storage/index.js';
import { MessagesController } from './messages/messages.controller.js';
import { MessagesReadModel } from './messages/messages.read-model.js';
import { NodesController } from './nodes/nodes.controller.js';
import { NodesReadModel } from './nodes/nodes.read-model.js';
import { RelationSizesReadModel } from './stats/relation-sizes.read-model.js';
import { StatsController } from './stats/stats.controller.js';

/** Queries of stored nodes and messages. */
@Module({
  imports: [ResponsesModule, ChainsModule, StorageModule],
  // MessagesController first, so that `/nodes/logs` is not a peer id.
  controllers: [MessagesController, NodesController, StatsController],
  providers: [MessagesReadModel, NodesReadModel, RelationSizesReadModel],
})
export class QueryModule {}
