import { Controller, Get, Header, Query, UseGuards } from '@nestjs/common';
import { NodeLogsQuery } from './node-logs.query.js';
import { NodeLogsReadModel } from './node-logs.read-model.js';
import { NodesReadModel } from './nodes.read-model.js';
import { StartedGuard } from './started.guard.js';

@Controller('nodes')
@UseGuards(StartedGuard)
export class NodesController {
  constructor(
    private readonly nodes: NodesReadModel,
    private readonly logs: NodeLogsReadModel,
  ) {}

  /** The newest connection of each peer. */
  @Get()
  @Header('Content-Type', 'application/json; charset=utf-8')
  list(): Promise<string> {
    return this.nodes.list();
  }

  /** Messages of a node, newest first. */
  @Get('logs')
  @Header('Content-Type', 'application/json; charset=utf-8')
  listLogs(@Query() query: NodeLogsQuery): Promise<string> {
    return this.logs.list(query);
  }
}
