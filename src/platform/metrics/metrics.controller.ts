import { Controller, Get, Header, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { register } from 'prom-client';
import { ApiProblems, BeforeStart, Open } from '../http/index.js';
import { MetricsPortGuard } from './metrics-port.guard.js';

/** For Prometheus. */
@ApiTags('Server')
@Controller()
@BeforeStart()
@UseGuards(MetricsPortGuard)
export class MetricsController {
  @Get()
  @Open()
  @Header('Content-Type', register.contentType)
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
  async index(): Promise<string> {
    return await register.metrics();
  }
}
