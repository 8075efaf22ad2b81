import type { SimulatedNode } from '../nodes/simulated-node.js';
import type { NetworkEvent, NodeMessage } from '../nodes/telemetry-emitter.js';
import { Random } from '../random/random.js';
import { loadScenario } from '../scenarios/load-scenario.js';
import { chainId, type Scenario } from '../scenarios/scenario.js';
import { ChainActivity } from './chain-activity.js';
import { Clock } from './clock.js';
import { HostActivity } from './host-activity.js';
import { IdentityChanges } from './identities.js';
import { type Host, NetworkBuilder } from './population.js';

interface OutagesOptions {
  plans: Scenario['outages'];
  hosts: readonly HostActivity[];
  /** Random numbers for the reconnect delays only. */
  random: Random;
  clock: Clock;
  outbox: NetworkEvent[];
}

const MINUTE_MS = 60_000;

/** Outages of the collector. Overlapping outages are merged. */
class Outages {
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
    const { seed, startAt, scenario = loadScenario('small') } = options;
    const { nodes: count = scenario.nodes, audit = scenario.audit } = options;
    this.startAt = startAt;
    this.scenario = { ...scenario, nodes: count, audit };
    const { chains, hosts, nodes } = new NetworkBuilder(this.scenario, seed, startAt).build(this.outbox);
    this.hosts = hosts;
    this.nodes = nodes;

    const activities = new Map(
      chains.map(({ plan, chain }) => {
        const members = nodes.filter(({ profile }) => profile.chain === chain);
        const random = new Random(seed, 'chain', chainId(plan));
        return [
          chain,
          new ChainActivity({ plan, chain, nodes: members, random, clock: this.clock, startAt }),
        ];
      }),
    );
    const hostActivities = hosts.map((host) => {
      const random = new Random(seed, 'activity', host.index);
      const { clock, outbox } = this;
      return new HostActivity({ host, scenario: this.scenario, activities, random, clock, outbox });
    });
    // Before the hosts, so that there are no sockets if the simulation starts with an outage.
    new Outages({
      plans: this.scenario.outages,
      hosts: hostActivities,
      random: new Random(seed, 'outages'),
      clock: this.clock,
      outbox: this.outbox,
    }).begin(startAt);
    for (const activity of hostActivities) {
      activity.begin(startAt);
      const { host } = activity;
      const changes = new Random(seed, 'identities', host.index);
      new IdentityChanges({ host, scenario: this.scenario, random: changes, clock: this.clock }).begin(
        startAt,
      );
    }
    for (const activity of activities.values()) activity.begin();
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
