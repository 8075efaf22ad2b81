import type { NetworkEvent } from '../nodes/telemetry-emitter.js';
import type { Random } from '../random/random.js';
import type { Clock } from './clock.js';
import { type Episode, Episodes } from './episodes.js';
import type { HostActivity } from './host-activity.js';
import type { WorldObserver } from './observer.js';

interface OutagesOptions {
  plans: readonly Episode[];
  hosts: readonly HostActivity[];
  /** Random numbers for the reconnect delays only. */
  random: Random;
  clock: Clock;
  outbox: NetworkEvent[];
  observer: WorldObserver;
}

/** Plans the outages of the collector: all sockets end at once, and each node reconnects a while after the end. */
export function scheduleOutages(options: OutagesOptions, startAt: number): void {
  const { plans, hosts, random, clock, outbox, observer } = options;
  new Episodes({
    plans,
    clock,
    began: (at) => {
      outbox.push({ kind: 'collector_lost', at });
      observer.outageBegan?.(at);
      for (const host of hosts) host.collectorLost(at);
    },
    ended: (at) => {
      outbox.push({ kind: 'collector_back', at });
      observer.outageEnded?.(at);
      for (const activity of hosts)
        activity.collectorBack(at + random.between(...activity.host.software.redialMs));
    },
  }).schedule(startAt);
}
