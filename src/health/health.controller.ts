import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems, BeforeStart, Open } from '../platform/http/index.js';
import { Lifecycle } from '../platform/lifecycle/index.js';
import { Liveness, Readiness } from './health.dto.js';
import { ReadinessCheck } from './readiness-check.js';

/** For orchestrators and load balancers. */
@ApiTags('Server')
@Controller('health')
@BeforeStart()
export class HealthController {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly readiness: ReadinessCheck,
  ) {}

  @Get('live')
  @Open()
  @ApiOperation({
    operationId: 'getLiveness',
    summary: 'Whether the process works',
    description: 'It is not restarted because its database is away.',
  })
  @ApiOkResponse({ type: Liveness, description: 'It does.' })
  @ApiProblems(400)
  getLiveness(): Liveness {
    return { status: 'live', state: this.lifecycle.state };
  }

  @Get('ready')
  @Open()
  @ApiOperation({ operationId: 'getReadiness', summary: 'Whether nodes may be sent here' })
  @ApiOkResponse({ type: Readiness, description: 'They may. Where they may not, the answer is a 503.' })
  @ApiProblems(400)
  getReadiness(): Readiness {
    const { obstacle } = this.readiness;
    if (obstacle !== undefined) throw new ServiceUnavailableException(obstacle);
    const { problem } = this.readiness;
    if (problem === undefined) return { status: 'ready' };
    return { status: 'degraded', reason: problem.reason, since: problem.since.toISOString() };
  }
}
