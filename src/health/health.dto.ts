import { TextOf } from '../http/index.js';

export class Liveness {
  @TextOf('', { example: 'live' })
  status!: string;

  @TextOf('`starting`, `running` or `stopping`.', { example: 'running' })
  state!: string;
}

export class Readiness {
  @TextOf('', { example: 'ready' })
  status!: string;
}
