import { TextOf, TimeOf } from '../platform/http/index.js';

export class Liveness {
  @TextOf('', { example: 'live' })
  status!: string;

  @TextOf('Where it is in its life.', { enum: ['starting', 'running', 'draining'], example: 'running' })
  state!: string;
}

export class Readiness {
  @TextOf(
    '`degraded`: nodes are taken in, and what they send waits until the database does its part again.',
    {
      enum: ['ready', 'degraded'],
      example: 'ready',
    },
  )
  status!: string;

  @TextOf('What is wrong, where it is degraded.', { example: 'The database is read-only.', required: false })
  reason?: string;

  @TimeOf('Since when it is degraded.', { required: false })
  since?: string;
}
