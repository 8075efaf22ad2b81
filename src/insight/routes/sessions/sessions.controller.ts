import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiChainProblem, ChainPath } from '../../../chains/index.js';
import { ApiProblems } from '../../../platform/http/index.js';
import { AvailabilityAnswer, NodeAvailabilityAnswer } from './availability.dto.js';
import { AvailabilityPath, AvailabilityQuery, NodeAvailabilityQuery } from './availability.query.js';
import { AvailabilityReadModel } from './availability.read-model.js';
import { ChurnAnswer } from './churn.dto.js';
import { ChurnQuery } from './churn.query.js';
import { ChurnReadModel } from './churn.read-model.js';
import { VersionsAnswer } from './versions.dto.js';
import { VersionsQuery } from './versions.query.js';
import { VersionsReadModel } from './versions.read-model.js';

/** What the connections of nodes show: when they were up, and with which versions. */
@ApiTags('Insight')
@Controller()
@ApiProblems(400, 404)
@ApiChainProblem()
export class SessionsController {
  constructor(
    private readonly availability: AvailabilityReadModel,
    private readonly versions: VersionsReadModel,
    private readonly churn: ChurnReadModel,
  ) {}

  @Get('chains/:chain/availability')
  @ApiOperation({
    operationId: 'getAvailability',
    summary: 'Get how long the nodes of a chain were up',
    description:
      'Of the time that is known: no gap of a server is charged to a node. A node is expected from its first message until a week after its last one.',
  })
  @ApiOkResponse({ type: AvailabilityAnswer })
  async getAvailability(
    @Param() { chain }: ChainPath,
    @Query() query: AvailabilityQuery,
  ): Promise<AvailabilityAnswer> {
    return await this.availability.ofChain(chain, query);
  }

  @Get('nodes/:peer_id/availability')
  @ApiOperation({
    operationId: 'getNodeAvailability',
    summary: 'Get how long a node was up, and why it was not connected',
    description: 'With the messages that prove whether its process restarted.',
  })
  @ApiOkResponse({ type: NodeAvailabilityAnswer })
  async getNodeAvailability(
    @Param() { peer_id: peerId }: AvailabilityPath,
    @Query() query: NodeAvailabilityQuery,
  ): Promise<NodeAvailabilityAnswer> {
    return await this.availability.ofNode(peerId, query);
  }

  @Get('chains/:chain/versions')
  @ApiOperation({
    operationId: 'getVersions',
    summary: 'Get which versions the nodes of a chain have',
    description:
      '`auto` is minutes up to 6 hours, hours up to 14 days, otherwise days: then each node counts on the days on which it was heard for an hour or more. `compare` tells whether a version is worse than another one.',
  })
  @ApiOkResponse({ type: VersionsAnswer })
  async getVersions(@Param() { chain }: ChainPath, @Query() query: VersionsQuery): Promise<VersionsAnswer> {
    return await this.versions.read(chain, query);
  }

  @Get('chains/:chain/churn')
  @ApiOperation({
    operationId: 'getChurn',
    summary: 'Get how often nodes of a chain connect and disconnect, and why',
  })
  @ApiOkResponse({ type: ChurnAnswer })
  async getChurn(@Param() { chain }: ChainPath, @Query() query: ChurnQuery): Promise<ChurnAnswer> {
    return await this.churn.read(chain, query);
  }
}
