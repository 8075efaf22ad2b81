import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems, BeforeStart, Open, ApiString, ApiTimestamp } from '../platform/http/index.js';
import { Lifecycle } from '../platform/lifecycle/index.js';
import { ReadinessCheck } from './readiness-check.js';

class Liveness {
  @ApiString('', { example: 'live' })
  status!: string;

  @ApiString('State of the process.', { enum: ['starting', 'running', 'draining'], example: 'running' })
  state!: string;
}

class Readiness {
  @ApiString(
    '`degraded`: the server accepts messages, but queues them until the database works again, or holds them in memory because the journal cannot be written.',
    {
      enum: ['ready', 'degraded'],
      example: 'ready',
    },
  )
  status!: string;

  @ApiString('Why the server is degraded.', { example: 'The database is read-only.', required: false })
  reason?: string;

  @ApiTimestamp('Time since when the server is degraded.', { required: false })
  since?: string;
}

/** Probes for orchestrators and load balancers. */
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
    summary: 'Liveness of the process',
    description:
      'Independent of the database, so that an orchestrator does not restart the server while the database is down.',
  })
  @ApiOkResponse({ type: Liveness, description: 'The process is live.' })
  @ApiProblems(400)
  getLiveness(): Liveness {
    return { status: 'live', state: this.lifecycle.state };
  }

  @Get('ready')
  @Open()
  @ApiOperation({ operationId: 'getReadiness', summary: 'Readiness to accept nodes' })
  @ApiOkResponse({
    type: Readiness,
    description: 'The server accepts nodes. Otherwise the response is a 503.',
  })
  @ApiProblems(400)
  getReadiness(): Readiness {
    const { obstacle } = this.readiness;
    if (obstacle !== undefined) throw new ServiceUnavailableException(obstacle);
    const { problem } = this.readiness;
    if (problem === undefined) return { status: 'ready' };
    return { status: 'degraded', reason: problem.reason, since: problem.since.toISOString() };
  }
}
