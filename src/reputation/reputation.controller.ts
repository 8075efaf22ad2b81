import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiProblems } from '../platform/http/index.js';
import { JSON_LIST, RowResponses } from '../platform/responses/index.js';
import { LatestReportsReadModel } from './latest-reports.read-model.js';
import { PeerReputationReadModel } from './peer-reputation.read-model.js';
import { PeerReputation, ReportedReputations } from './reputation.dto.js';
import { PeerReputationQuery, ReportedPeerPath, ReputationQuery } from './reputation.query.js';

/** Reputations that nodes report of their peers. */
@ApiTags('Reputation')
@Controller('reputation')
export class ReputationController {
  constructor(
    private readonly latest: LatestReportsReadModel,
    private readonly history: PeerReputationReadModel,
    private readonly responses: RowResponses,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'listReputations',
    summary: 'List the reputations that each node reports of all its peers',
    description:
      'From the latest `system.network_state` of each node. Many of these peers may not be part of the network.',
  })
  @ApiOkResponse({ type: [ReportedReputations], description: 'Newest report first.' })
  @ApiProblems(400)
  async listReputations(@Query() query: ReputationQuery, @Res() response: Response): Promise<void> {
    await this.responses.send(response, this.latest.list(query), JSON_LIST);
  }

  // Before the route of a peer, so that `logged` is not a peer id.
  @Get('logged')
  @ApiOperation({
    operationId: 'listLoggedReputations',
    summary: 'List the reputations that each node reports of peers that have connected to this server',
    description: 'From the latest `system.network_state` of each node.',
  })
  @ApiOkResponse({ type: [ReportedReputations], description: 'Newest report first.' })
  @ApiProblems(400)
  async listLoggedReputations(@Query() query: ReputationQuery, @Res() response: Response): Promise<void> {
    await this.responses.send(response, this.latest.listLogged(query), JSON_LIST);
  }

  @Get(':peer_id')
  @ApiOperation({
    operationId: 'listPeerReputations',
    summary: 'List the reputations of a peer over time',
    description:
      'From every `system.network_state` that contains the peer. Those that are not aggregated yet are slow to ' +
      'read: limit the query by an age or times.',
  })
  @ApiOkResponse({ type: [PeerReputation], description: 'Newest first.' })
  @ApiProblems(400)
  async listPeerReputations(
    @Param() { peer_id: peerId }: ReportedPeerPath,
    @Query() query: PeerReputationQuery,
    @Res() response: Response,
  ): Promise<void> {
    await this.responses.send(response, this.history.list(peerId, query), JSON_LIST);
  }
}
