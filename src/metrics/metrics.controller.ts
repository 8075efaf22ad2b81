import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { PrometheusController } from '@willsoto/nestjs-prometheus';
import type { Response } from 'express';
import { ApiProblems, NoQuery } from '../http/index.js';

/** For Prometheus. */
@ApiTags('Server')
@Controller()
export class MetricsController extends PrometheusController {
  @Get()
  @ApiOperation({ operationId: 'getMetrics', summary: 'The metrics of the server' })
  @ApiOkResponse({
    description: 'The text format of Prometheus.',
    content: {
      'text/plain': {
        schema: { type: 'string' },
        example: 'tetcore_build_info{version="0.2.0"} 1\n',
      },
    },
  })
  @ApiProblems(400)
  override async index(
    @Res({ passthrough: true }) response: Response,
    @Query() _query?: NoQuery,
  ): Promise<string> {
    return await super.index(response);
  }
}
