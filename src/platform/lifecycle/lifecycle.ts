import { Global, Injectable, Module } from '@nestjs/common';

/** The time that a stop may take, of which each step gets a share. All times are milliseconds. */
export class Deadline {
  /**
   * @param limitMs the whole time
   * @param startedAt by `performance.now()`
   */
  constructor(
    readonly limitMs: number,
    private readonly startedAt = performance.now(),
  ) {}

  get passedMs(): number {
    return performance.now() - this.startedAt;
  }

  /** The time that is left, without a share of the whole that is reserved for later steps. */
  leftMs(reserved = 0): number {
    return Math.max(0, this.limitMs * (1 - reserved) - this.passedMs);
  }

  /** A share of the whole, at most `maxMs`, as far as it is left. */
  shareMs(share: number, maxMs: number): number {
    return Math.min(this.limitMs * share, maxMs, this.leftMs());
  }
}

/** The time to stop where none is set: milliseconds. */
const DEFAULT_LIMIT_MS = 20_000;

export type LifecycleState = 'starting' | 'running' | 'draining';

/** The state of the process: starting → running → draining, or starting → draining. */
@Injectable()
export class Lifecycle {
  private current: LifecycleState = 'starting';
  private end: Deadline | undefined;
  private reason: string | undefined;

  get state(): LifecycleState {
    return this.current;
  }

  get running(): boolean {
    return this.current === 'running';
  }

  /** The database is ready: nodes are accepted. A server that is draining stays so. */
  run(): void {
    if (this.current === 'starting') this.current = 'running';
  }

  /** Why the server stops, if not by a signal: a sentence for untrusted clients. */
  get failure(): string | undefined {
    return this.reason;
  }

  /** The server cannot continue, and is to be stopped. The first call sets the reason. */
  fail(reason: string): void {
    this.reason ??= reason;
  }

  /** Clients are not accepted any more. The first call sets the time to stop. */
  drain(deadline?: Deadline): void {
    this.current = 'draining';
    this.end ??= deadline ?? new Deadline(DEFAULT_LIMIT_MS);
  }

  /** The end of the stop. */
  get deadline(): Deadline {
    return (this.end ??= new Deadline(DEFAULT_LIMIT_MS));
  }
}

@Global()
@Module({ providers: [Lifecycle], exports: [Lifecycle] })
export class LifecycleModule {}
