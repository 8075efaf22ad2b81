import { TextOf } from '../http/index.js';

export class Liveness {
  @TextOf('', { example: 'live' })
  status!: string;

  @TextOf('Where it is in its life.', { enum: ['starting', 'running', 'draining'], example: 'running' })
  state!: string;
}

export class Readiness {
  @TextOf('', { example: 'ready' })
  status!: string;
}
