import { Injectable } from '@nestjs/common';
import { Deadline } from './deadline.js';

/** Of a stop for which nobody has set a time: milliseconds. */
const DEFAULT_LIMIT_MS = 20_000;

export type LifecycleState = 'starting' | 'running' | 'draining';

/** What the process is doing: who takes in or answers asks here first. */
@Injectable()
export class Lifecycle {
  private current: LifecycleState = 'starting';
  private end: Deadline | undefined;

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

  /** Nobody is let in any more. The first call sets the time that the stop may take. */
  drain(deadline?: Deadline): void {
    this.current = 'draining';
    this.end ??= deadline ?? new Deadline(DEFAULT_LIMIT_MS);
  }

  /** When the stop is to be over. */
  get deadline(): Deadline {
    return (this.end ??= new Deadline(DEFAULT_LIMIT_MS));
  }
}
