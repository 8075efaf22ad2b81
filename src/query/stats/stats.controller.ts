import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { packageInfo } from '../../platform/config/index.js';
import { ApiInteger, ApiProblems, ApiString, BeforeStart } from '../../platform/http/index.js';
import { JSON_LIST, RowResponses } from '../../platform/responses/index.js';
import { RelationSizesReadModel } from './relation-sizes.read-model.js';

/** A table or an index on disk. */
export class RelationSize {
  @ApiString('Schema and name.', { example: 'public.peer_connections' })
  relation!: string;

  @ApiString('Size, human-readable.', { example: '16 MB' })
  size!: string;

  @ApiInteger('Size in bytes.', { example: 16777216 })
  bytes!: number;
}

/** The software of the server. */
export class VersionInfo {
  @ApiString('Package name.', { example: 'tetcore-analytics' })
  name!: string;

  @ApiString('Package version.', { example: '0.2.0' })
  version!: string;

  @ApiString('Package description.', { example: 'Stores the telemetry of nodes.' })
  description!: string;
}

/** Routes about the server itself. */
@ApiTags('Server')
@Controller('stats')
export class StatsController {
  constructor(
    private readonly sizes: RelationSizesReadModel,
    private readonly responses: RowResponses,
  ) {}

  @Get('db')
  @ApiOperation({ operationId: 'listRelationSizes', summary: 'List the sizes of tables and indexes on disk' })
  @ApiOkResponse({
    type: [RelationSize],
    description: 'Largest first. `public.tetcore_logs` is the size of all tables of messages together.',
  })
  @ApiProblems(400)
  async listRelationSizes(@Res() response: Response): Promise<void> {
    await this.responses.sendShared(response, this.sizes.list(), JSON_LIST);
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
