import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiProblems, JsonText } from '../../platform/http/index.js';
import { JSON_LIST, RowResponses } from '../../platform/responses/index.js';
import { IdPath, LOCATION } from '../rows/resource.js';
import { BenchmarkEvent, BenchmarkEventBody } from './event.dto.js';
import { EventsService } from './events.service.js';

/** Events of benchmarks. */
@ApiTags('Benchmarks')
@Controller('benchmarks')
export class EventsController {
  constructor(
    private readonly events: EventsService,
    private readonly responses: RowResponses,
  ) {}

  @Post('events')
  @ApiOperation({
    operationId: 'createBenchmarkEvent',
    summary: 'Record the start or end of an event in a benchmark',
    description: 'A profile can be limited to the time between the two.',
  })
  @ApiCreatedResponse({
    type: BenchmarkEvent,
    description: 'The event as stored. `Location` is the list of events.',
    headers: LOCATION,
  })
  @ApiProblems(400, 413, 415)
  async createBenchmarkEvent(@Body() body: BenchmarkEventBody): Promise<JsonText> {
    const event = await this.events.create(body);
    return new JsonText(event, `/benchmarks/${body.benchmark_id.toString()}/events`);
  }

  @Get(':id/events')
  @ApiOperation({ operationId: 'listBenchmarkEvents', summary: 'List events of a benchmark' })
  @ApiOkResponse({ type: [BenchmarkEvent], description: 'Oldest first.' })
  @ApiProblems(400, 404)
  async listBenchmarkEvents(@Param() { id }: IdPath, @Res() response: Response): Promise<void> {
    await this.responses.send(response, this.events.list(id), JSON_LIST);
  }
}
