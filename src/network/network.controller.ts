import { Controller, Get, NotFoundException, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiChainProblem, ChainNames, ChainPath } from '../chains/index.js';
import { ApiProblems, JsonText } from '../platform/http/index.js';
import { Chains } from './chains.js';
import { Chain, Network, NetworkQuery } from './network.dto.js';
import { readInTime } from './read-in-time.js';
import { NetworkViews } from './view/network-views.js';

/** The current state of connected nodes. */
@ApiTags('Network')
@Controller('network')
export class NetworkController {
  constructor(
    private readonly chains: Chains,
    private readonly names: ChainNames,
    private readonly views: NetworkViews,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listChains', summary: 'List the chains of connected nodes' })
  @ApiOkResponse({
    type: [Chain],
    description: 'Sorted by number of nodes, descending. The first 32 include their blocks.',
  })
  @ApiProblems(400)
  async listChains(): Promise<Chain[]> {
    return await readInTime(this.views, this.chains.list());
  }

  @Get(':chain')
  @ApiOperation({
    operationId: 'getNetwork',
    summary: 'Get the current state of the connected nodes of a chain',
  })
  @ApiOkResponse({
    type: Network,
    description:
      'The state at `as_of`: a few `CACHE_UPDATE_INTERVAL_MS` old, and at most 15 s more if the database is slow. The live feed sends later changes.',
  })
  @ApiProblems(400, 404)
  @ApiChainProblem()
  async getNetwork(
    @Param() { chain }: ChainPath,
    @Query() { limit, cursor }: NetworkQuery,
  ): Promise<JsonText> {
    const key = await this.names.resolve(chain);
    const view = key === undefined ? undefined : await readInTime(this.views, this.views.filled(key));
    if (view === undefined || view.size === 0) {
      throw new NotFoundException('No node of this chain is connected.');
    }
    return new JsonText(view.page(limit, cursor));
  }
}
