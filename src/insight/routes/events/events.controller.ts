import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiChainProblem, ChainPath } from '../../../chains/index.js';
import { ApiProblems } from '../../../platform/http/index.js';
import { EventsAnswer, StuckAnswer } from './events.dto.js';
import { EventsQuery, StuckQuery } from './events.query.js';
import { EventsReadModel } from './events.read-model.js';

/** What happened to a chain, and which of its nodes did not follow it. */
@ApiTags('Insight')
@Controller()
export class EventsController {
  constructor(private readonly events: EventsReadModel) {}

  @Get('chains/:chain/stuck')
  @ApiOperation({
    operationId: 'getStuck',
    summary: 'Get the nodes that did not follow their chain',
    description:
      'What the servers did not see is charged to no node. The last two and a half minutes are missing.',
  })
  @ApiOkResponse({ type: StuckAnswer })
  @ApiProblems(400, 404)
  @ApiChainProblem()
  getStuck(@Param() { chain }: ChainPath, @Query() query: StuckQuery): Promise<StuckAnswer> {
    return this.events.stuck(chain, query);
  }

  @Get('chains/:chain/events')
  @ApiOperation({
    operationId: 'getEvents',
    summary: 'Get what happened to a chain, its nodes and its observer, in order',
  })
  @ApiOkResponse({ type: EventsAnswer })
  @ApiProblems(400, 404)
  @ApiChainProblem()
  getEvents(@Param() { chain }: ChainPath, @Query() query: EventsQuery): Promise<EventsAnswer> {
    return this.events.events(chain, query);
  }
}
