import type { NetworkEvent } from '../nodes/events.js';
import type { Random } from '../random/random.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { Clock } from './clock.js';
import type { HostActivity } from './host-activity.js';

interface OutagesOptions {
  plans: Scenario['outages'];
  hosts: readonly HostActivity[];
  /** Draws when each host dials again; nothing else draws of it. */
  random: Random;
  clock: Clock;
  outbox: NetworkEvent[];
}

const MINUTE_MS = 60_000;

/** Times in which the collector of all sockets is lost. Those that overlap are one. */
export class Outages {
  private lostUntil: number | undefined;

  constructor(private readonly options: OutagesOptions) {}

  begin(startAt: number): void {
    const { plans, clock } = this.options;
    for (const { afterMinutes, forMinutes, everyHours } of plans) {
      const first = startAt + afterMinutes * MINUTE_MS;
      const lose = (at: number): void => this.lose(at, Math.round(at + forMinutes * MINUTE_MS));
      if (everyHours === 0) clock.at(first, lose);
      else clock.repeat(first, () => everyHours * 60 * MINUTE_MS, lose);
    }
  }

  private lose(at: number, until: number): void {
    const { hosts, clock, outbox } = this.options;
    if (this.lostUntil === undefined) {
      outbox.push({ kind: 'collector_lost', at });
      for (const host of hosts) host.collectorLost(at);
    }
    this.lostUntil = Math.max(this.lostUntil ?? until, until);
    clock.at(until, (time) => this.comeBack(time));
  }

  private comeBack(at: number): void {
    const { hosts, random, outbox } = this.options;
    if (this.lostUntil === undefined || at < this.lostUntil) return;
    this.lostUntil = undefined;
    outbox.push({ kind: 'collector_back', at });
    for (const activity of hosts)
      activity.collectorBack(at + random.between(...activity.host.software.redialMs));
  }
}
