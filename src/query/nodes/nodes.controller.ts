import { Controller, Get, NotFoundException, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { JSON_LIST, sendRows } from '../../storage/index.js';
import { ApiProblems, JsonText } from '../../http/index.js';
import { Node, NodeConnection, NodeDetail } from './node.dto.js';
import { NodeConnectionsQuery, NodePath, NodesQuery } from './nodes.query.js';
import { NodesReadModel } from './nodes.read-model.js';

/** Nodes and their connections. */
@ApiTags('Nodes')
@Controller('nodes')
export class NodesController {
  constructor(private readonly nodes: NodesReadModel) {}

  @Get()
  @ApiOperation({ operationId: 'listNodes', summary: 'The newest connection of each node' })
  @ApiOkResponse({ type: [Node], description: 'In the order of their peer ids.' })
  @ApiProblems(400)
  async listNodes(@Query() query: NodesQuery, @Res() response: Response): Promise<void> {
    await sendRows(response, this.nodes.list(query), JSON_LIST);
  }

  @Get(':peer_id')
  @ApiOperation({ operationId: 'getNode', summary: 'What is known of a node' })
  @ApiOkResponse({ type: NodeDetail, description: 'Its newest connection, and how many it had.' })
  @ApiProblems(400, 404)
  async getNode(@Param() { peer_id: peerId }: NodePath): Promise<JsonText> {
    const node = await this.nodes.find(peerId);
    if (node === undefined) throw new NotFoundException('No node with this peer id has been heard.');
    return new JsonText(node);
  }

  @Get(':peer_id/connections')
  @ApiOperation({ operationId: 'listNodeConnections', summary: 'The connections of a node' })
  @ApiOkResponse({ type: [NodeConnection], description: 'Newest first.' })
  @ApiProblems(400)
  async listNodeConnections(
    @Param() { peer_id: peerId }: NodePath,
    @Query() query: NodeConnectionsQuery,
    @Res() response: Response,
  ): Promise<void> {
    await sendRows(response, this.nodes.listConnections(peerId, query), JSON_LIST);
  }
}
