import { TextOf, TimeOf } from '../platform/http/index.js';

export class Liveness {
  @TextOf('', { example: 'live' })
  status!: string;

  @TextOf('State of the process.', { enum: ['starting', 'running', 'draining'], example: 'running' })
  state!: string;
}

export class Readiness {
  @TextOf(
    '`degraded`: the server accepts messages and queues them until the database works again.',
    {
      enum: ['ready', 'degraded'],
      example: 'ready',
    },
  )
  status!: string;

  @TextOf('Why the server is degraded.', { example: 'The database is read-only.', required: false })
  reason?: string;

  @TimeOf('Time since when the server is degraded.', { required: false })
  since?: string;
}
