import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiChainProblem, ChainPath } from '../../../chains/index.js';
import { ApiProblems } from '../../../platform/http/index.js';
import type { Fields } from '../chain-reads.js';
import { ClocksAnswer, ClocksQuery } from './clocks.dto.js';
import { ClocksReadModel } from './clocks.read-model.js';
import { ConnectivityAnswer } from '../series/connectivity.dto.js';
import { ConnectivityReadModel } from '../series/connectivity.read-model.js';
import { DifferencesAnswer, DifferencesQuery } from './differences.dto.js';
import { DifferencesReadModel } from './differences.read-model.js';
import { HardwareAnswer, HardwareQuery } from './hardware.dto.js';
import { HardwareReadModel } from './hardware.read-model.js';
import { SeriesQuery } from '../series/series.dto.js';

/** How the nodes of a chain differ. */
@ApiTags('Insight')
@Controller('chains/:chain')
export class ChainNodesController {
  constructor(
    private readonly clocks: ClocksReadModel,
    private readonly connectivity: ConnectivityReadModel,
    private readonly differences: DifferencesReadModel,
    private readonly hardware: HardwareReadModel,
  ) {}

  @Get('clocks')
  @ApiOperation({
    operationId: 'getClocks',
    summary: 'Show how far the clocks of nodes are off',
    description:
      "By the database's clock, from the fastest message of each hour and half of the round trip. The time range has 7 days at most, and the hours are kept for `INSIGHT_DETAIL_DAYS`.",
  })
  @ApiOkResponse({ type: ClocksAnswer })
  @ApiProblems(400, 404)
  @ApiChainProblem()
  async getClocks(@Param() { chain }: ChainPath, @Query() query: ClocksQuery): Promise<Fields<ClocksAnswer>> {
    return await this.clocks.read(chain, query);
  }

  @Get('connectivity')
  @ApiOperation({
    operationId: 'getConnectivity',
    summary: 'Show how many peers nodes have, compared with the most that they had',
    description: 'The time range has 120 days at most, and 4 days in minutes.',
  })
  @ApiOkResponse({ type: ConnectivityAnswer })
  @ApiProblems(400, 404)
  @ApiChainProblem()
  async getConnectivity(
    @Param() { chain }: ChainPath,
    @Query() query: SeriesQuery,
  ): Promise<Fields<ConnectivityAnswer>> {
    return await this.connectivity.read(chain, query);
  }

  @Get('differences')
  @ApiOperation({
    operationId: 'getDifferences',
    summary: 'Find in what some nodes differ from the others',
    description:
      'Compares how often the nodes of a group and all others of the chain have a version, hardware below the reference, and so on. The time range has 7 days at most.',
  })
  @ApiOkResponse({ type: DifferencesAnswer })
  @ApiProblems(400, 404, 431)
  @ApiChainProblem()
  async getDifferences(
    @Param() { chain }: ChainPath,
    @Query() query: DifferencesQuery,
  ): Promise<Fields<DifferencesAnswer>> {
    return await this.differences.read(chain, query);
  }

  @Get('hardware')
  @ApiOperation({
    operationId: 'getHardware',
    summary: 'Compare the machines of nodes with what is required',
    description:
      'By the last benchmark that each node of the time range sent. Nodes measure when they start, unless that is disabled.',
  })
  @ApiOkResponse({ type: HardwareAnswer })
  @ApiProblems(400, 404)
  @ApiChainProblem()
  async getHardware(
    @Param() { chain }: ChainPath,
    @Query() query: HardwareQuery,
  ): Promise<Fields<HardwareAnswer>> {
    return await this.hardware.read(chain, query);
  }
}
