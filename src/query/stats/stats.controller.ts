import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { JSON_LIST, RowAnswers } from '../../platform/responses/index.js';
import { packageInfo } from '../../platform/config/index.js';
import { ApiProblems, BeforeStart } from '../../platform/http/index.js';
import { RelationSizesReadModel } from './relation-sizes.read-model.js';
import { RelationSize, VersionInfo } from './stats.dto.js';

/** About the server itself. */
@ApiTags('Server')
@Controller('stats')
export class StatsController {
  constructor(
    private readonly sizes: RelationSizesReadModel,
    private readonly answers: RowAnswers,
  ) {}

  @Get('db')
  @ApiOperation({ operationId: 'listRelationSizes', summary: 'List the sizes of tables and indexes on disk' })
  @ApiOkResponse({ type: [RelationSize], description: 'Largest first.' })
  @ApiProblems(400)
  async listRelationSizes(@Res() response: Response): Promise<void> {
    await this.answers.send(response, this.sizes.list(), JSON_LIST);
  }

  @Get('version')
  @BeforeStart()
  @ApiOperation({ operationId: 'getVersion', summary: 'Get the name and version of the server' })
  @ApiOkResponse({ type: VersionInfo, description: 'From its package.json.' })
  @ApiProblems(400)
  getVersion(): VersionInfo {
    const { name, version, description } = packageInfo;
    return { name, version, description };
  }
}
