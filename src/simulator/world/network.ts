import type { SimulatedNode } from '../nodes/simulated-node.js';
import type { NetworkEvent, NodeMessage } from '../nodes/telemetry-emitter.js';
import { Random } from '../random/random.js';
import { loadScenario } from '../scenarios/load-scenario.js';
import { chainId, type Scenario } from '../scenarios/scenario.js';
import { ChainActivity } from './chain-activity.js';
import { Clock } from './clock.js';
import { HostActivity } from './host-activity.js';
import { scheduleOutages } from './collector-outages.js';
import { IdentityChanges } from './identities.js';
import { UNOBSERVED, type WorldObserver } from './observer.js';
import { type Host, NetworkBuilder } from './population.js';
import { ProcessTroubles } from './process-troubles.js';
import { scheduleClockSteps, scheduleNodeTroubles } from './node-troubles.js';

export interface NetworkOptions {
  /** The scenario; default: `small`. */
  scenario?: Scenario;
  /** Overrides the number of nodes of the scenario. */
  nodes?: number;
  /** Overrides the share of the scenario. */
  audit?: number;
  seed: number;
  /** Start of the simulation: milliseconds since the epoch, an integer. */
  startAt: number;
  /** Is told what really happens; this changes no message. */
  observer?: WorldObserver;
}

/**
 * A network of nodes in simulated time. Its messages depend on the options only, not on sockets or real time.
 */
export class SimulatedNetwork {
  readonly startAt: number;
  readonly scenario: Scenario;
  readonly hosts: readonly Host[];
  readonly nodes: readonly SimulatedNode[];
  private readonly clock = new Clock();
  private readonly outbox: NetworkEvent[] = [];

  constructor(options: NetworkOptions) {
    const { seed, startAt, scenario = loadScenario('small'), observer = UNOBSERVED } = options;
    const { nodes: count = scenario.nodes, audit = scenario.audit } = options;
    this.startAt = startAt;
    this.scenario = { ...scenario, nodes: count, audit };
    const { chains, hosts, nodes } = new NetworkBuilder(this.scenario, seed, startAt).build({
      outbox: this.outbox,
      observer,
    });
    this.hosts = hosts;
    this.nodes = nodes;

    const activities = new Map(
      chains.map(({ plan, chain }) => {
        const members = nodes.filter(({ profile }) => profile.chain === chain);
        const random = new Random(seed, 'chain', chainId(plan));
        return [
          chain,
          new ChainActivity({ plan, chain, nodes: members, random, clock: this.clock, startAt, observer }),
        ];
      }),
    );
    const hostActivities = hosts.map((host) => {
      const random = new Random(seed, 'activity', host.index);
      const { clock, outbox } = this;
      return new HostActivity({ host, scenario: this.scenario, activities, random, clock, outbox, observer });
    });
    const { clock, outbox } = this;
    // Before the hosts, so that there are no sockets if the simulation starts with an outage.
    scheduleOutages(
      {
        plans: this.scenario.outages,
        hosts: hostActivities,
        random: new Random(seed, 'outages'),
        clock,
        outbox,
        observer,
      },
      startAt,
    );
    for (const activity of hostActivities) {
      activity.begin(startAt);
      const { host } = activity;
      const changes = new Random(seed, 'identities', host.index);
      new IdentityChanges({ host, scenario: this.scenario, random: changes, clock: this.clock }).begin(
        startAt,
      );
    }
    for (const activity of activities.values()) activity.begin();
    const troubles = { hosts: hostActivities, scenario: this.scenario, seed, clock, observer };
    scheduleNodeTroubles(troubles, startAt);
    scheduleClockSteps(troubles, startAt);
    new ProcessTroubles(troubles).schedule(startAt);
  }

  /**
   * An infinite sequence of all events by time. It can be consumed once, here or by `messages`, because that advances the
   * time.
   */
  *events(): Generator<NetworkEvent, void, undefined> {
    const { outbox } = this;
    while (this.clock.tick()) {
      for (const event of outbox) yield event;
      outbox.length = 0;
    }
  }

  /** An infinite sequence of all messages by time. */
  *messages(): Generator<NodeMessage, void, undefined> {
    for (const event of this.events()) if (event.kind === 'message') yield event;
  }
}
