import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiChainProblem, ChainPath } from '../../../chains/index.js';
import { ApiProblems } from '../../../platform/http/index.js';
import { FinalityReadModel } from './finality.read-model.js';
import { ProductionReadModel } from './production.read-model.js';
import { PropagationReadModel } from './propagation.read-model.js';
import { FinalitySeries, ProductionSeries, PropagationSeries } from './series-answers.dto.js';
import { PropagationQuery } from './series-answers.query.js';
import { SeriesQuery } from './series.dto.js';

const OPEN = 'The last two and a half minutes may still change.';

/** How chains did, by time. */
@ApiTags('Insight')
@ApiProblems(400, 404)
@ApiChainProblem()
@Controller('chains/:chain')
export class SeriesController {
  constructor(
    private readonly finality: FinalityReadModel,
    private readonly propagation: PropagationReadModel,
    private readonly production: ProductionReadModel,
  ) {}

  @Get('finality')
  @ApiOperation({
    operationId: 'getFinality',
    summary: 'Get how far the finality of a chain is behind, by time',
    description: OPEN,
  })
  @ApiOkResponse({ type: FinalitySeries })
  async getFinality(@Param() { chain }: ChainPath, @Query() query: SeriesQuery): Promise<FinalitySeries> {
    return await this.finality.series(chain, query);
  }

  @Get('propagation')
  @ApiOperation({
    operationId: 'getPropagation',
    summary: 'Get how long the blocks of a chain took to its nodes, by time',
    description: OPEN,
  })
  @ApiOkResponse({ type: PropagationSeries })
  async getPropagation(
    @Param() { chain }: ChainPath,
    @Query() query: PropagationQuery,
  ): Promise<PropagationSeries> {
    return await this.propagation.series(chain, query);
  }

  @Get('production')
  @ApiOperation({
    operationId: 'getProduction',
    summary: 'Get how many blocks a chain made and missed, by time',
    description: OPEN,
  })
  @ApiOkResponse({ type: ProductionSeries })
  async getProduction(@Param() { chain }: ChainPath, @Query() query: SeriesQuery): Promise<ProductionSeries> {
    return await this.production.series(chain, query);
  }
}
