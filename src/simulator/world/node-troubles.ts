import type { Hardware } from '../nodes/node-profile.js';
import { Random } from '../random/random.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { Clock } from './clock.js';
import type { HostActivity } from './host-activity.js';
import type { WorldObserver } from './observer.js';

/** What troubles act upon. Their random numbers are separate, so that everything else stays the same. */
export interface TroublesOptions {
  readonly hosts: readonly HostActivity[];
  readonly scenario: Scenario;
  readonly seed: number;
  readonly clock: Clock;
  readonly observer: WorldObserver;
}

const MINUTE_MS = 60_000;

/** A share of items, at random, rounded to a whole number of them. */
export function drawShare<T>(random: Random, items: readonly T[], share: number): T[] {
  return random.sample(items, Math.round(items.length * share));
}

/** Hosts by their machine: all sockets of a process, also of nodes that are connected twice. */
export function byMachine(hosts: readonly HostActivity[]): Map<Hardware, HostActivity[]> {
  const machines = new Map<Hardware, HostActivity[]>();
  for (const activity of hosts) {
    const hardware = activity.host.nodes[0]?.profile.hardware;
    if (hardware === undefined) continue;
    const others = machines.get(hardware);
    if (others === undefined) machines.set(hardware, [activity]);
    else others.push(activity);
  }
  return machines;
}

/** Plans when nodes are stuck, or trail behind their chain. */
export function scheduleNodeTroubles(
  { hosts, scenario, seed, clock }: TroublesOptions,
  startAt: number,
): void {
  const { stuck, trailing } = scenario;
  const flows = hosts.filter(({ host }) => !host.greetsOnly).flatMap((activity) => activity.flows);
  const within = (random: Random, [min, max]: readonly [number, number]): number =>
    MINUTE_MS * (min + (max - min) * random.fraction());

  const repeat = (kind: string, plan: { share: number; everyMinutes: number }, act: Act): void => {
    drawShare(new Random(seed, kind), flows, plan.share).forEach((flow, index) => {
      const random = new Random(seed, kind, index);
      const gap = (): number => random.exponential(plan.everyMinutes * MINUTE_MS);
      clock.repeat(startAt + MINUTE_MS + gap(), gap, (at) => act(flow, random, at));
    });
  };
  repeat('stuck', stuck, (flow, random, at) => flow.stick(at, within(random, stuck.minutes)));
  repeat('trailing', trailing, (flow, random, at) =>
    flow.trail(at, random.between(...trailing.blocks), within(random, trailing.minutes)),
  );
}

type Act = (flow: HostActivity['flows'][number], random: Random, at: number) => void;

/** Plans when clocks of machines jump. */
export function scheduleClockSteps(
  { hosts, scenario, seed, clock, observer }: TroublesOptions,
  startAt: number,
): void {
  const machines = [...byMachine(hosts)];
  scenario.clocks.steps.forEach(({ afterMinutes, share, ms }, index) => {
    const chosen = drawShare(new Random(seed, 'clock step', index), machines, share);
    clock.at(startAt + afterMinutes * MINUTE_MS, (at) => {
      for (const [hardware, activities] of chosen) {
        hardware.clockSkewMs += ms;
        const nodes = activities.filter(({ host }) => !host.greetsOnly).flatMap(({ host }) => host.nodes);
        for (const node of nodes) observer.clockStepped?.(node, at);
      }
    });
  });
}
