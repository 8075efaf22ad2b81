import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../platform/http/index.js';
import { KnownChain, KnownChainsQuery } from './known-chains.dto.js';
import { KnownChains } from './known-chains.js';
import { readInTime } from './read-in-time.js';
import { NetworkViews } from './view/network-views.js';

/** All chains, also those of the past. */
@ApiTags('Insight')
@Controller('chains')
export class KnownChainsController {
  constructor(
    private readonly chains: KnownChains,
    private readonly views: NetworkViews,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listKnownChains', summary: 'List the chains that have or had nodes' })
  @ApiOkResponse({
    type: [KnownChain],
    description:
      'Those of connected nodes, by number of nodes, descending; then the others, the last seen first.',
  })
  @ApiProblems(400)
  async listKnownChains(@Query() { limit }: KnownChainsQuery): Promise<KnownChain[]> {
    return await readInTime(this.views, this.chains.list(limit));
  }
}
