import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiChainProblem, ChainPath } from '../../../chains/index.js';
import { ApiProblems } from '../../../platform/http/index.js';
import { RowResponses, type RowFormat } from '../../../platform/responses/index.js';
import { ArrivalMatrix } from './arrivals.dto.js';
import { ArrivalsQuery } from './arrivals.query.js';
import { ArrivalsReadModel } from './arrivals.read-model.js';
import { ForkSeries } from './forks.dto.js';
import { ForksQuery } from './forks.query.js';
import { ForksReadModel } from './forks.read-model.js';

/** Parts of one JSON object. */
const JSON_PARTS: RowFormat = {
  contentType: 'application/json; charset=utf-8',
  head: '',
  separator: '',
  tail: () => '',
};

/** Which blocks competed, and which nodes had them when. */
@ApiTags('Insight')
@ApiProblems(400, 404)
@ApiChainProblem()
@Controller('chains/:chain')
export class ForksController {
  constructor(
    private readonly forks: ForksReadModel,
    private readonly arrivals: ArrivalsReadModel,
    private readonly responses: RowResponses,
  ) {}

  @Get('forks')
  @ApiOperation({
    operationId: 'getForks',
    summary: 'Get the forks of a chain, and how many blocks lost, by time',
    description: 'The last two and a half minutes, and what is not final, may still change.',
  })
  @ApiOkResponse({ type: ForkSeries })
  async getForks(@Param() { chain }: ChainPath, @Query() query: ForksQuery): Promise<ForkSeries> {
    return await this.forks.series(chain, query);
  }

  @Get('arrivals')
  @ApiOperation({
    operationId: 'getArrivals',
    summary: 'Get when each block of a chain arrived at each node',
    description: 'Arrivals are stored for `INSIGHT_DETAIL_DAYS`.',
  })
  @ApiOkResponse({ type: ArrivalMatrix })
  async getArrivals(
    @Param() { chain }: ChainPath,
    @Query() query: ArrivalsQuery,
    @Res() response: Response,
  ): Promise<void> {
    await this.responses.send(response, this.arrivals.matrix(chain, query), JSON_PARTS);
  }
}
