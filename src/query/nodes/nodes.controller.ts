import { Controller, Get, NotFoundException, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiChainProblem, ChainNames } from '../../chains/index.js';
import { ApiProblems, JsonText } from '../../platform/http/index.js';
import { JSON_LIST, RowResponses } from '../../platform/responses/index.js';
import { Node, NodeConnection, NodeDetail } from './node.dto.js';
import { NodeConnectionsQuery, NodePath, NodeQuery, NodesQuery } from './nodes.query.js';
import { NodesReadModel } from './nodes.read-model.js';

/** Nodes and their connections. */
@ApiTags('Nodes')
@Controller('nodes')
export class NodesController {
  constructor(
    private readonly nodes: NodesReadModel,
    private readonly chains: ChainNames,
    private readonly responses: RowResponses,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listNodes', summary: 'List nodes' })
  @ApiOkResponse({ type: [Node], description: 'Sorted by peer id and chain.' })
  @ApiProblems(400)
  @ApiChainProblem()
  async listNodes(@Query() query: NodesQuery, @Res() response: Response): Promise<void> {
    const rows = this.chains.rowsOf(query.chain, (chain) => this.nodes.list(query, chain));
    await this.responses.sendShared(response, rows, JSON_LIST);
  }

  @Get(':peer_id')
  @ApiOperation({ operationId: 'getNode', summary: 'Get a node' })
  @ApiOkResponse({
    type: NodeDetail,
    description:
      'The connection that describes it, the number of its connections, and other chains of its peer id.',
  })
  @ApiProblems(400, 404)
  @ApiChainProblem()
  async getNode(@Param() { peer_id: peerId }: NodePath, @Query() query: NodeQuery): Promise<JsonText> {
    const chain = await this.chains.resolveOptional(query.chain);
    const node = await this.nodes.find(peerId, chain);
    if (node === undefined) {
      throw new NotFoundException(
        `There is no node with this peer id${chain === undefined ? '' : ' on this chain'}.`,
      );
    }
    return new JsonText(node);
  }

  @Get(':peer_id/connections')
  @ApiOperation({ operationId: 'listNodeConnections', summary: 'List connections of a node' })
  @ApiOkResponse({ type: [NodeConnection], description: 'Newest first.' })
  @ApiProblems(400)
  @ApiChainProblem()
  async listNodeConnections(
    @Param() { peer_id: peerId }: NodePath,
    @Query() query: NodeConnectionsQuery,
    @Res() response: Response,
  ): Promise<void> {
    const rows = this.chains.rowsOf(query.chain, (chain) => this.nodes.listConnections(peerId, query, chain));
    await this.responses.send(response, rows, JSON_LIST);
  }
}
