import type { Logger } from '@nestjs/common';

export interface OutageTexts {
  /** Logged when the outage begins, if given. */
  begins?: (reason: string) => string;
  /** Logged when it is over, if given. */
  ends?: (seconds: string) => string;
}

export interface OutageOptions {
  /** The level of what begins: `warn` by default. */
  level?: 'warn' | 'error';
  /** Failures in a row before the outage is logged: 1 by default. */
  afterFailures?: number;
  /** A failure so long after the last log line is logged again: milliseconds. By default none is. */
  repeatMs?: number;
}

/** Logs once that something fails, with its reason, again at intervals, and once that it works again. */
export class OutageLog {
  private failures = 0;
  private start: Date | undefined;
  private loggedAt = -Infinity;
  private reason: string | undefined;

  constructor(
    private readonly logger: Pick<Logger, 'error' | 'warn' | 'log'>,
    private readonly texts: OutageTexts,
    private readonly options: OutageOptions = {},
  ) {}

  /** When the outage began, by the clock of this machine; undefined where there is none, or none that was logged. */
  get since(): Date | undefined {
    return this.start;
  }

  /** @param reason of this failure: an outage whose reason changes is logged again where it is given */
  failed(error: unknown, reason?: string): void {
    const { level = 'warn', afterFailures = 1, repeatMs = Infinity } = this.options;
    this.failures += 1;
    if (this.failures < afterFailures) return;
    const isLogged = this.start !== undefined && reason === this.reason;
    if (isLogged && performance.now() - this.loggedAt < repeatMs) return;
    this.start ??= new Date();
    this.reason = reason;
    this.loggedAt = performance.now();
    if (this.texts.begins !== undefined) this.logger[level](this.texts.begins(String(error)));
  }

  succeeded(): void {
    this.failures = 0;
    const { start } = this;
    if (start === undefined) return;
    this.start = undefined;
    const seconds = Math.round((Date.now() - start.getTime()) / 1000).toString();
    if (this.texts.ends !== undefined) this.logger.log(this.texts.ends(seconds));
  }
}
