import { Controller, Get, Query, Res, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { PrometheusController } from '@willsoto/nestjs-prometheus';
import type { Response } from 'express';
import { ApiProblems, NoQuery, Open } from '../http/index.js';
import { MetricsPortGuard } from './metrics-port.guard.js';

/** For Prometheus. */
@ApiTags('Server')
@Controller()
@UseGuards(MetricsPortGuard)
export class MetricsController extends PrometheusController {
  @Get()
  @Open()
  @ApiOperation({
    operationId: 'getMetrics',
    summary: 'The metrics of the server',
    description: 'Where `METRICS_PORT` is set they are on that port alone, and this is a 404.',
  })
  @ApiOkResponse({
    description: 'The text format of Prometheus.',
    content: {
      'text/plain': {
        schema: { type: 'string' },
        example: 'tetcore_build_info{version="0.2.0"} 1\n',
      },
    },
  })
  @ApiProblems(400, 404)
  override async index(
    @Res({ passthrough: true }) response: Response,
    @Query() _query?: NoQuery,
  ): Promise<string> {
    return await super.index(response);
  }
}
