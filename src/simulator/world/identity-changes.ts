import { renamed } from '../nodes/node-profile.js';
import type { SimulatedNode } from '../nodes/simulated-node.js';
import type { Random } from '../random/random.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { Clock } from './clock.js';
import type { Host } from './population.js';

interface IdentityChangesOptions {
  host: Host;
  scenario: Scenario;
  /** Of this host and this alone: what it draws shifts nothing else. */
  random: Random;
  clock: Clock;
}

/** A socket whose nodes change their ids, or say that they are others, while it stays open. */
export class IdentityChanges {
  private lastId: number;

  constructor(private readonly options: IdentityChangesOptions) {
    this.lastId = options.host.nodes.length;
  }

  begin(startAt: number): void {
    const { host, scenario, random } = this.options;
    const { changingIds, changingIdentity } = scenario;
    // Only the nested envelope has ids.
    if (host.software.envelope === 'nested' && random.chance(changingIds.share)) {
      this.repeat(startAt, changingIds.everySeconds, (node, at) => node.speakUnder((this.lastId += 1), at));
    }
    if (random.chance(changingIdentity.share)) {
      this.repeat(startAt, changingIdentity.everyMinutes * 60, (node, at) =>
        node.become(renamed(node.profile, random, at), at),
      );
    }
  }

  private repeat(startAt: number, seconds: number, change: (node: SimulatedNode, at: number) => void): void {
    const { host, random, clock } = this.options;
    const gap = (): number => 1000 * seconds * (0.9 + 0.2 * random.fraction());
    clock.repeat(startAt + gap(), gap, (at) => {
      for (const node of host.nodes) change(node, at);
    });
  }
}
