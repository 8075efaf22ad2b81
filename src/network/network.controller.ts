import {
  Controller,
  Get,
  NotFoundException,
  Param,
  Query,
  ServiceUnavailableException,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiChainProblem, ChainNames } from '../chains/index.js';
import { ApiProblems, JsonText } from '../platform/http/index.js';
import { ReadTimeoutError } from '../storage/index.js';
import { Chains } from './chains.js';
import { Chain, Network } from './network.dto.js';
import { ChainPath, NetworkQuery } from './network.query.js';
import { NetworkViews } from './view/network-views.js';

/** The nodes that are connected, as they are now. */
@ApiTags('Network')
@Controller('network')
export class NetworkController {
  constructor(
    private readonly chains: Chains,
    private readonly names: ChainNames,
    private readonly views: NetworkViews,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listChains', summary: 'The chains that connected nodes are on' })
  @ApiOkResponse({
    type: [Chain],
    description: 'Those with the most nodes first. The first 32 come with their blocks.',
  })
  @ApiProblems(400)
  async listChains(): Promise<Chain[]> {
    return await this.inTime(this.chains.list());
  }

  @Get(':chain')
  @ApiOperation({ operationId: 'getNetwork', summary: 'The connected nodes of a chain, as they are now' })
  @ApiOkResponse({
    type: Network,
    description:
      'As of the time in `as_of`: some `CACHE_UPDATE_INTERVAL_MS` ago, and no more than 15 s longer where the database is slow. The live feed tells what changes from then on.',
  })
  @ApiProblems(400, 404)
  @ApiChainProblem()
  async getNetwork(
    @Param() { chain }: ChainPath,
    @Query() { limit, cursor }: NetworkQuery,
  ): Promise<JsonText> {
    const key = await this.names.resolve(chain);
    const view = key === undefined ? undefined : await this.inTime(this.views.filled(key));
    if (view === undefined || view.size === 0) {
      throw new NotFoundException('No node of this chain is connected.');
    }
    return new JsonText(view.page(limit, cursor));
  }

  /** Readings for views have a limit of their own, and end when the server stops. */
  private async inTime<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      if (error instanceof ReadTimeoutError || this.views.signal.aborted) {
        throw new ServiceUnavailableException('The database is too slow for now, or the server stops.');
      }
      throw error;
    }
  }
}
