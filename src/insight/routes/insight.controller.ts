import { Controller, Get, NotFoundException, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiChainProblem, ChainNames, ChainPath } from '../../chains/index.js';
import { ApiProblems, JsonText } from '../../platform/http/index.js';
import { JSON_LIST, RowResponses } from '../../platform/responses/index.js';
import { BlocksReadModel } from './blocks/blocks.read-model.js';
import { GapsReadModel } from './gaps.read-model.js';
import { InsightBlock, InsightBlockDetail, ObserverGap } from './insight.dto.js';
import { BlockPath, BlocksQuery, GapsQuery } from './insight.query.js';

/** What happened to chains and nodes, and when. */
@ApiTags('Insight')
@Controller()
export class InsightController {
  constructor(
    private readonly names: ChainNames,
    private readonly blocks: BlocksReadModel,
    private readonly gaps: GapsReadModel,
    private readonly responses: RowResponses,
  ) {}

  @Get('chains/:chain/blocks')
  @ApiOperation({
    operationId: 'listBlocks',
    summary: 'List the blocks of a chain, and how they reached its nodes',
    description:
      'Blocks of the last two and a half minutes may still change. Earlier ones change when they become final, or by a rebuild.',
  })
  @ApiOkResponse({ type: [InsightBlock], description: 'Newest first.' })
  @ApiProblems(400)
  @ApiChainProblem()
  async listBlocks(
    @Param() { chain }: ChainPath,
    @Query() query: BlocksQuery,
    @Res() response: Response,
  ): Promise<void> {
    const rows = this.names.rowsOf(chain, (key) => this.blocks.list(key, query));
    await this.responses.send(response, rows, JSON_LIST);
  }

  @Get('chains/:chain/blocks/:block')
  @ApiOperation({
    operationId: 'getBlock',
    summary: 'Get a block, with its arrival at each node',
    description: 'Of several blocks of a height, the final one, or the one that most nodes imported.',
  })
  @ApiOkResponse({ type: InsightBlockDetail })
  @ApiProblems(400, 404)
  @ApiChainProblem()
  async getBlock(@Param() { chain, block }: BlockPath): Promise<JsonText> {
    const key = await this.names.resolve(chain);
    const found = key === undefined ? undefined : await this.blocks.find(key, block);
    if (found === undefined) throw new NotFoundException('No such block of this chain is known.');
    return new JsonText(found);
  }

  @Get('gaps')
  @ApiOperation({
    operationId: 'listGaps',
    summary: 'List the times in which servers did not receive data from nodes',
    description: 'No node is to blame for what is missing then, and in the minute after it.',
  })
  @ApiOkResponse({ type: [ObserverGap], description: 'Those that overlap the time range, newest first.' })
  @ApiProblems(400)
  async listGaps(@Query() query: GapsQuery, @Res() response: Response): Promise<void> {
    await this.responses.send(response, this.gaps.list(query), JSON_LIST);
  }
}
