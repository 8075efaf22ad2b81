import { SOFTWARE } from '../nodes/software.js';
import { Random } from '../random/random.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { HostActivity, Restart } from './host-activity.js';
import { byMachine, drawShare, type TroublesOptions } from './node-troubles.js';

type Rollout = Scenario['rollouts'][number];

/** A process with all its sockets. */
type Process = readonly HostActivity[];

const MINUTE_MS = 60_000;
/** Nothing restarts before all have started. */
const QUIET_MS = MINUTE_MS;
/** The part of the logistic curve that roll-outs have: from 2 to 98 %. */
const CURVE_FROM = 0.02;

/** Plans when processes restart: by their operators, in crashes, and for new versions. */
export class ProcessTroubles {
  private readonly processes: readonly Process[];

  constructor(private readonly options: TroublesOptions) {
    this.processes = [...byMachine(options.hosts).values()];
  }

  /** @param startAt start of the simulation: milliseconds since the epoch */
  schedule(startAt: number): void {
    const { scenario, seed } = this.options;
    const { restarting, crashLoops, rollouts } = scenario;
    this.repeat(startAt, 'restarting', restarting, (process, random, at) =>
      restart(process, at, { cause: 'restart', downMs: downMs(random, restarting) }),
    );
    this.repeat(startAt, 'crash loops', crashLoops, (process, random, at) =>
      this.crash(process, random, at, random.between(...crashLoops.crashes)),
    );
    rollouts.forEach((plan, index) => this.rollOut(plan, new Random(seed, 'rollout', index), startAt));
  }

  private repeat(
    startAt: number,
    kind: string,
    plan: { share: number; everyMinutes: number },
    act: (process: Process, random: Random, at: number) => void,
  ): void {
    const { seed, clock } = this.options;
    drawShare(new Random(seed, kind), this.processes, plan.share).forEach((process, index) => {
      const random = new Random(seed, kind, index);
      const gap = (): number => random.exponential(plan.everyMinutes * MINUTE_MS);
      clock.repeat(startAt + QUIET_MS + gap(), gap, (at) => act(process, random, at));
    });
  }

  /** Crashes `left` times; the last one is at the latest `withinMinutes` after the first. */
  private crash(process: Process, random: Random, at: number, left: number): void {
    const { scenario, clock } = this.options;
    const { crashes, withinMinutes } = scenario.crashLoops;
    const down = downMs(random, scenario.crashLoops);
    restart(process, at, { cause: 'crash', downMs: down });
    if (left <= 1) return;
    const longest = (withinMinutes * MINUTE_MS) / crashes[1];
    const gap = Math.max(down + 1_000, longest * (0.4 + 0.6 * random.fraction()));
    clock.at(at + gap, (next) => this.crash(process, random, next, left - 1));
  }

  private rollOut({ software, share, version, ...plan }: Rollout, random: Random, startAt: number): void {
    const { clock } = this.options;
    const able = this.processes.filter(
      ([first]) => software === 'all' || first?.host.software === SOFTWARE[software],
    );
    for (const process of drawShare(random, able, share)) {
      const after = MINUTE_MS * (plan.afterMinutes + plan.overMinutes * adoption(random.fraction()));
      const down = downMs(random, plan);
      const upgrade = (at: number): void => {
        const isUp = restart(process, at, { cause: 'restart', downMs: down, version });
        // It gets the version once it is up again.
        if (!isUp) clock.at(at + 1_000, upgrade);
      };
      clock.at(startAt + Math.max(QUIET_MS, after), upgrade);
    }
  }
}

/** When a process is upgraded, as a fraction of the time of a roll-out, by its rank among all: a logistic curve. */
function adoption(rank: number): number {
  const share = CURVE_FROM + (1 - 2 * CURVE_FROM) * rank;
  const logit = (of: number): number => Math.log(of / (1 - of));
  return 0.5 - logit(share) / (2 * logit(CURVE_FROM));
}

function downMs(
  random: Random,
  { downSeconds: [min, max] }: { downSeconds: readonly [number, number] },
): number {
  return 1000 * (min + (max - min) * random.fraction());
}

/** @returns whether it was up */
function restart(process: Process, at: number, how: Restart): boolean {
  return process.map((activity) => activity.restart(at, how)).every(Boolean);
}
