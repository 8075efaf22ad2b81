import type { Chain } from '../chain.js';
import type { NetworkEvent } from '../nodes/telemetry-emitter.js';
import type { SimulatedNode } from '../nodes/simulated-node.js';
import type { Random } from '../random/random.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { ChainActivity } from './chain-activity.js';
import type { Clock } from './clock.js';
import type { Host } from './population.js';

interface HostActivityOptions {
  host: Host;
  scenario: Scenario;
  activities: ReadonlyMap<Chain, ChainActivity>;
  random: Random;
  clock: Clock;
  outbox: NetworkEvent[];
}

const SYNC_STEP_MS = 100;
const MINUTE_MS = 60_000;

/** The activity of the nodes of a host: they start, report, fall behind and reconnect. */
export class HostActivity {
  readonly host: Host;
  private readonly scenario: Scenario;
  private readonly random: Random;
  private readonly clock: Clock;
  /** Whether the host itself is disconnected, independent of the collector. */
  private isAway = true;
  private isCollectorLost = false;
  private isConnected = false;

  constructor(private readonly options: HostActivityOptions) {
    this.host = options.host;
    this.scenario = options.scenario;
    this.random = options.random;
    this.clock = options.clock;
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
    for (const node of host.nodes) clock.at(hostStart + random.between(0, 50), (at) => this.start(node, at));
    if (random.chance(share) && !host.greetsOnly) {
      const gap = () => Math.max(5_000, random.exponential(everyMinutes * MINUTE_MS));
      clock.at(hostStart + gap(), (at) => this.loseSocket(at, gap));
    }
  }

  /** Closes the socket until the collector is back. */
  collectorLost(at: number): void {
    this.isCollectorLost = true;
    this.disconnect(at);
  }

  /** @param at time of the reconnect */
  collectorBack(at: number): void {
    this.isCollectorLost = false;
    this.clock.at(at, (time) => this.connect(time, false));
  }

  private start(node: SimulatedNode, at: number): void {
    const { random, clock } = this;
    const { atStart, share, blocks, everyMinutes } = this.scenario.lagging;
    const { chain } = node.profile;
    const behind = random.chance(atStart) ? random.between(...blocks) : 0;
    node.start(chain.nearest(chain.best.height - behind));
    if (this.isConnected) node.connect(at, this.activity(node)?.authoritySetOf(node), true);
    clock.at(at + SYNC_STEP_MS, (time) => this.sync(node, time));
    this.reports(node, at);
    if (random.chance(share)) {
      const gap = () => random.exponential(everyMinutes * MINUTE_MS);
      clock.repeat(at + gap(), gap, (time) => this.fallBehind(node, time));
    }
  }

  private reports(node: SimulatedNode, at: number): void {
    const { random, clock } = this;
    const { intervalSeconds, transactionsSeconds, networkStateSeconds } = this.scenario.reports;
    const about = (seconds: number, jitter: number) => () =>
      seconds * 1000 * (1 + jitter * (2 * random.fraction() - 1));
    const waiting = () => this.activity(node)?.waitingTransactions ?? 0;
    clock.repeat(at + random.between(1_000, 5_000), about(intervalSeconds, 0.02), (time) =>
      node.report(time, waiting()),
    );
    clock.repeat(at + random.between(3_000, 9_000), about(networkStateSeconds, 0.02), (time) =>
      node.sendNetworkState(time),
    );
    clock.repeat(at + random.between(0, 3_000), about(transactionsSeconds, 0.7), (time) =>
      node.importTransactions(time, waiting()),
    );
  }

  /** No blocks come for a while; then it fetches what it has missed. */
  private fallBehind(node: SimulatedNode, at: number): void {
    if (!node.isReady) return;
    node.stuck = true;
    const missed = this.random.between(...this.scenario.lagging.blocks);
    this.clock.at(at + missed * node.profile.chain.slotMs, (time) => {
      node.stuck = false;
      node.syncing = true;
      this.sync(node, time);
    });
  }

  /** Fetches one block after another until the node has what the others have. */
  private sync(node: SimulatedNode, at: number): void {
    const { chain } = node.profile;
    node.syncing = node.best.height < chain.best.height;
    if (!node.syncing) return;
    node.importBlock(at, chain.nearest(node.best.height + 1), 'NetworkInitialSync');
    this.clock.at(at + SYNC_STEP_MS, (time) => this.sync(node, time));
  }

  private loseSocket(at: number, gap: () => number): void {
    const { random, clock, host } = this;
    const { awaySeconds, restarts } = this.scenario.reconnecting;
    this.isAway = true;
    this.disconnect(at);
    clock.at(at + 1000 * (awaySeconds[0] + (awaySeconds[1] - awaySeconds[0]) * random.fraction()), (back) => {
      const restarted = random.chance(restarts);
      this.isAway = false;
      if (restarted) for (const node of host.nodes) node.restart(back);
      this.connect(back, restarted);
      clock.at(back + gap(), (next) => this.loseSocket(next, gap));
    });
  }

  /** Opens its socket, where it can. Nodes that have not started yet greet when they do. */
  private connect(at: number, afterStart: boolean): void {
    if (this.isAway || this.isCollectorLost || this.isConnected) return;
    this.isConnected = true;
    this.options.outbox.push({ kind: 'connected', at, host: this.host });
    for (const node of this.host.nodes)
      if (node.started) node.connect(at, this.activity(node)?.authoritySetOf(node), afterStart);
  }

  private disconnect(at: number): void {
    if (!this.isConnected) return;
    this.isConnected = false;
    this.options.outbox.push({ kind: 'disconnected', at, host: this.host });
    for (const node of this.host.nodes) node.disconnect();
  }

  private activity(node: SimulatedNode): ChainActivity | undefined {
    return this.options.activities.get(node.profile.chain);
  }
}
