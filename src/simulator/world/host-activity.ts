import type { Chain } from '../chain.js';
import type { NetworkEvent } from '../nodes/telemetry-emitter.js';
import type { SimulatedNode } from '../nodes/simulated-node.js';
import type { Random } from '../random/random.js';
import type { Scenario } from '../scenarios/scenario.js';
import { BlockFlow } from './block-flow.js';
import type { ChainActivity } from './chain-activity.js';
import type { Clock } from './clock.js';
import { type LinkEnd, type RestartCause, UNOBSERVED, type WorldObserver } from './observer.js';
import type { Host } from './population.js';

interface HostActivityOptions {
  host: Host;
  scenario: Scenario;
  activities: ReadonlyMap<Chain, ChainActivity>;
  random: Random;
  clock: Clock;
  outbox: NetworkEvent[];
  observer: WorldObserver;
}

/** A restart of a process. */
export interface Restart {
  readonly cause: RestartCause;
  readonly downMs: number;
  /** The version that it has then; default: the same. */
  readonly version?: string;
}

const MINUTE_MS = 60_000;

/** The activity of the nodes of a host: they start, report, fall behind, restart and reconnect. */
export class HostActivity {
  readonly host: Host;
  readonly flows: readonly BlockFlow[];
  private readonly scenario: Scenario;
  private readonly random: Random;
  private readonly clock: Clock;
  /** Observes its nodes; a second socket of nodes has links only. */
  private readonly observer: WorldObserver;
  /** Whether the host itself is disconnected, independent of the collector. */
  private isAway = true;
  private isCollectorLost = false;
  private isConnected = false;
  private isDown = false;
  /** Whether its process has restarted since it was connected. */
  private isNew = false;

  constructor(private readonly options: HostActivityOptions) {
    this.host = options.host;
    this.scenario = options.scenario;
    this.random = options.random;
    this.clock = options.clock;
    this.observer = options.host.greetsOnly ? UNOBSERVED : options.observer;
    this.flows = options.host.nodes.map((node) => new BlockFlow(node, options.clock, this.observer));
  }

  begin(startAt: number): void {
    const { random, clock, host } = this;
    const { share, everyMinutes } = this.scenario.reconnecting;
    // The first host starts immediately.
    const hostStart = startAt + (host.index === 0 ? 0 : random.between(0, 2_000));
    clock.at(hostStart, (at) => {
      this.isAway = false;
      this.connect(at, true);
    });
    for (const flow of this.flows) clock.at(hostStart + random.between(0, 50), (at) => this.start(flow, at));
    if (random.chance(share) && !host.greetsOnly) {
      const gap = () => Math.max(5_000, random.exponential(everyMinutes * MINUTE_MS));
      clock.at(hostStart + gap(), (at) => this.loseSocket(at, gap));
    }
  }

  /** Closes the socket until the collector is back. */
  collectorLost(at: number): void {
    this.isCollectorLost = true;
    this.disconnect(at, 'collector');
  }

  /** @param at time of the reconnect */
  collectorBack(at: number): void {
    this.isCollectorLost = false;
    this.clock.at(at, (time) => this.connect(time, false));
  }

  /** Ends its process, and starts it again after a while. @returns false if it was not up; then it does nothing */
  restart(at: number, { cause, downMs, version }: Restart): boolean {
    const { host, flows, observer } = this;
    if (!host.nodes.every(({ started }) => started)) return false;
    this.isDown = true;
    this.disconnect(at, 'restart');
    for (const flow of flows) {
      observer.processEnded?.(flow.node, cause, at);
      flow.interrupt(at);
    }
    this.clock.at(at + downMs, (time) => {
      this.isDown = false;
      this.isNew = true;
      for (const flow of flows) this.startAgain(flow, time, cause, version);
      this.connect(time, true);
    });
    return true;
  }

  private start(flow: BlockFlow, at: number): void {
    const { node } = flow;
    const { random, clock } = this;
    const { atStart, share, blocks, everyMinutes } = this.scenario.lagging;
    const { chain } = node.profile;
    const behind = random.chance(atStart) ? random.between(...blocks) : 0;
    node.start(chain.nearest(chain.best.height - behind));
    if (this.isConnected) this.greet(node, at, true);
    this.observer.node?.(node, at);
    this.observer.processBegan?.(node, 'start', node.startedAt);
    flow.begin(at);
    this.reports(node, at);
    if (random.chance(share)) {
      const gap = () => random.exponential(everyMinutes * MINUTE_MS);
      clock.repeat(at + gap(), gap, (time) => {
        if (node.isReady) flow.stick(time, random.between(...blocks) * chain.slotMs);
      });
    }
  }

  private startAgain(flow: BlockFlow, at: number, cause: RestartCause, version?: string): void {
    const { node } = flow;
    const { version: before } = node.profile;
    node.restart(at, version);
    this.observer.processBegan?.(node, cause, at);
    if (node.profile.version !== before) this.observer.versionChanged?.(node, before, at);
    flow.begin(at);
  }

  private reports({ reports, profile }: SimulatedNode, at: number): void {
    const { random, clock } = this;
    const { intervalSeconds, transactionsSeconds, networkStateSeconds } = this.scenario.reports;
    const about = (seconds: number, jitter: number) => () =>
      seconds * 1000 * (1 + jitter * (2 * random.fraction() - 1));
    const waiting = () => this.options.activities.get(profile.chain)?.waitingTransactions ?? 0;
    clock.repeat(at + random.between(1_000, 5_000), about(intervalSeconds, 0.02), (time) =>
      reports.interval(time, waiting()),
    );
    clock.repeat(at + random.between(3_000, 9_000), about(networkStateSeconds, 0.02), (time) =>
      reports.networkState(time),
    );
    clock.repeat(at + random.between(0, 3_000), about(transactionsSeconds, 0.7), (time) =>
      reports.transactions(time, waiting()),
    );
  }

  private loseSocket(at: number, gap: () => number): void {
    const { random, clock, host, observer } = this;
    const { awaySeconds, restarts } = this.scenario.reconnecting;
    this.isAway = true;
    this.disconnect(at, 'link_lost');
    clock.at(at + 1000 * (awaySeconds[0] + (awaySeconds[1] - awaySeconds[0]) * random.fraction()), (back) => {
      const restarted = random.chance(restarts) && !this.isDown;
      this.isAway = false;
      for (const node of restarted ? host.nodes : []) {
        observer.processEnded?.(node, 'restart', back);
        node.restart(back);
        observer.processBegan?.(node, 'restart', back);
      }
      this.connect(back, restarted);
      clock.at(back + gap(), (next) => this.loseSocket(next, gap));
    });
  }

  /** Opens its socket, where it can. Nodes that have not started yet greet when they do. */
  private connect(at: number, afterStart: boolean): void {
    if (this.isAway || this.isCollectorLost || this.isDown || this.isConnected) return;
    this.isConnected = true;
    this.options.outbox.push({ kind: 'connected', at, host: this.host });
    for (const node of this.host.nodes) {
      if (!node.started) continue;
      const before = node.benchmark;
      this.greet(node, at, afterStart || this.isNew);
      if (node.benchmark !== before) this.observer.benchmarked?.(node, at);
    }
    this.isNew = false;
  }

  private greet(node: SimulatedNode, at: number, afterStart: boolean): void {
    const set = this.options.activities.get(node.profile.chain)?.authoritySetOf(node);
    this.options.observer.linkBegan?.(node, at);
    node.connect(at, set, afterStart);
  }

  private disconnect(at: number, cause: LinkEnd): void {
    if (!this.isConnected) return;
    this.isConnected = false;
    this.options.outbox.push({ kind: 'disconnected', at, host: this.host });
    for (const node of this.host.nodes) {
      if (node.isOnline) this.options.observer.linkEnded?.(node, cause, at);
      node.disconnect();
    }
  }
}
