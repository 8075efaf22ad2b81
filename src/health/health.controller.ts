import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { Lifecycle } from '../lifecycle/index.js';
import { BatchQueue } from '../telemetry/index.js';

/** For orchestrators and load balancers. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly queue: BatchQueue,
  ) {}

  /** The process works. It is not restarted because its database is away. */
  @Get('live')
  live(): object {
    return { status: 'live', state: this.lifecycle.state };
  }

  /** Nodes may be sent here. */
  @Get('ready')
  ready(): object {
    if (!this.lifecycle.running)
      throw new ServiceUnavailableException(`The server is ${this.lifecycle.state}.`);
    if (this.queue.full) throw new ServiceUnavailableException('Memory and journal are full.');
    return { status: 'ready' };
  }
}
