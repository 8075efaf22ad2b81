import { Module } from '@nestjs/common';
import { NodeLogsReadModel } from './node-logs.read-model.js';
import { NodesController } from './nodes.controller.js';
import { NodesReadModel } from './nodes.read-model.js';

/** Answers questions about what is stored. */
@Module({
  controllers: [NodesController],
  providers: [NodeLogsReadModel, NodesReadModel],
})
export class QueryModule {}
