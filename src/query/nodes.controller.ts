import { Controller, Get, Query, Res, UseGuards } from '@nestjs/common';
import type { Response } from 'express';
import { sendJsonList } from './answer/send-json-list.js';
import { NodeLogsQuery } from './node-logs.query.js';
import { NodeLogsReadModel } from './node-logs.read-model.js';
import { NodesQuery } from './nodes.query.js';
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
  async list(@Query() _query: NodesQuery, @Res() response: Response): Promise<void> {
    await sendJsonList(response, this.nodes.list());
  }

  /** Messages of a node, newest first. */
  @Get('logs')
  async listLogs(@Query() query: NodeLogsQuery, @Res() response: Response): Promise<void> {
    await sendJsonList(response, this.logs.list(query));
  }
}
