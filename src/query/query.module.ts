import { Module } from '@nestjs/common';
import { AnswerModule } from '../platform/responses/index.js';
import { ChainsModule } from '../chains/index.js';
import { StorageModule } from '../storage/index.js';
import { MessageCountsReadModel } from './messages/message-counts.read-model.js';
import { MessagesController } from './messages/messages.controller.js';
import { NodeLogsReadModel } from './messages/node-logs.read-model.js';
import { NodesController } from './nodes/nodes.controller.js';
import { NodesReadModel } from './nodes/nodes.read-model.js';
import { RelationSizesReadModel } from './stats/relation-sizes.read-model.js';
import { StatsController } from './stats/stats.controller.js';

/** Answers questions about what is stored. */
@Module({
  imports: [AnswerModule, ChainsModule, StorageModule],
  // The first before the second: `/nodes/logs` is no node.
  controllers: [MessagesController, NodesController, StatsController],
  providers: [MessageCountsReadModel, NodeLogsReadModel, NodesReadModel, RelationSizesReadModel],
})
export class QueryModule {}
