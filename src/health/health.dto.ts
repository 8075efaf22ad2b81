import { ApiString, ApiTimestamp } from '../platform/http/index.js';

export class Liveness {
  @ApiString('', { example: 'live' })
  status!: string;

  @ApiString('Where it is in its life.', { enum: ['starting', 'running', 'draining'], example: 'running' })
  state!: string;
}

export class Readiness {
  @ApiString(
    '`degraded`: nodes are taken in, and what they send waits until the database does its part again.',
    {
      enum: ['ready', 'degraded'],
      example: 'ready',
    },
  )
  status!: string;

  @ApiString('What is wrong, where it is degraded.', { example: 'The database is read-only.', required: false })
  reason?: string;

  @ApiTimestamp('Since when it is degraded.', { required: false })
  since?: string;
}
