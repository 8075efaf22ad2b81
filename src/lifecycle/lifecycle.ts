import { Injectable } from '@nestjs/common';

export type LifecycleState = 'starting' | 'running' | 'draining';

/** What the process is doing: who takes in or answers asks here first. */
@Injectable()
export class Lifecycle {
  private current: LifecycleState = 'starting';

  get state(): LifecycleState {
    return this.current;
  }

  get running(): boolean {
    return this.current === 'running';
  }

  /** The database is ready: nodes may come. A server that is already draining stays so. */
  run(): void {
    if (this.current === 'starting') this.current = 'running';
  }

  drain(): void {
    this.current = 'draining';
  }
}
