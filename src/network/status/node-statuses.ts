import type { HeightReport } from '../view/chain-header.js';
import { ChainHeights } from './chain-heights.js';
import { isClockWrong, NodeClock, wasClockWrong } from './node-clock.js';
import type { StatusLimits } from './status.js';
import { type Best, StatusMachine, type StatusSince } from './status-machine.js';

/** An open connection. Times are microseconds since the epoch. */
export interface OpenConnection {
  id: number;
  collector: number;
  /** The key of its chain; '' if the node reports none: then it is compared with no other. */
  chain: string;
  /** Identifies the node within its chain. */
  node: string;
  /** See `addressGroup`. */
  address: string;
  rttUs: number | null;
  connectedAt: number;
  /** When its last message was received, as far as it is known without reports. */
  heardAt: number;
}

/** A stored message. Times are microseconds since the epoch. */
export interface StatusReport {
  connection: number;
  receivedAt: number;
  storedAt: number;
  createdAt: number;
  /** Null if the message names no best block. */
  height: number | null;
  hash: string | null;
  isImport: boolean;
}

/** What is stored of a connection: the status of its node. */
export interface StoredStatus extends StatusSince {
  clockWrong: boolean;
}

/** What is new since the last pass. */
export interface Seen {
  /** The time of the database. */
  now: number;
  /** All open connections. */
  connections: readonly OpenConnection[];
  /** New messages, also of earlier passes. */
  reports: readonly StatusReport[];
  /** The offsets of clocks in the last whole hour, in microseconds, where they are known: by {@link nodeKey}. */
  clocks: ReadonlyMap<string, number>;
}

/** What other processes found before. */
export interface Restored {
  /** The time of the last pass. */
  passedAt: number;
  /** By connection. */
  statuses: ReadonlyMap<number, StoredStatus>;
}

/** Identifies a node by those of its chain and of itself. */
export const nodeKey = (chain: string, node: string): string => `${chain}\n${node}`;

interface Node {
  chain: string;
  /** Their servers, by connection. */
  connections: Map<number, number>;
  machine: StatusMachine;
  clock: NodeClock;
  clockWrong: boolean;
  heardAt: number;
  best: (Best & { address: string }) | undefined;
  /** Whether it was not observed in the last pass, because its server stores late. */
  isMissed: boolean;
}

/** How a server stores messages: how late its newest message was stored, and when. */
interface Delay {
  receivedAt: number;
  storedAt: number;
}

/** A delay says nothing about messages so much later: microseconds. */
const DELAY_KNOWN_US = 60e6;

/**
 * The statuses of all connected nodes. Each pass adds what is new, and determines them at one time. Repeated and unordered
 * reports change nothing.
 */
export class NodeStatuses {
  private nodes = new Map<string, Node>();
  private chains = new Map<string, ChainHeights>();
  private readonly delays = new Map<number, Delay>();
  private restored: ReadonlyMap<number, StoredStatus>;
  private passedAt: number | undefined;

  constructor(
    private readonly limits: StatusLimits,
    restored?: Restored,
  ) {
    this.restored = restored?.statuses ?? new Map();
    this.passedAt = restored?.passedAt;
  }

  /** @returns by connection */
  pass({ now, connections, reports, clocks }: Seen): Map<number, StoredStatus> {
    const nodeOf = this.join(connections);
    const sorted = [...reports].sort((one, other) => one.receivedAt - other.receivedAt);
    this.addReports(sorted, nodeOf, new Map(connections.map((one) => [one.id, one])));
    this.compareChains(now);
    for (const { connection, height, hash } of sorted) {
      const [key, node] = nodeOf.get(connection) ?? [];
      if (key === undefined || node === undefined || height === null || hash === null) continue;
      this.chains.get(node.chain)?.branches.report(key, height, hash);
    }
    if (this.passedAt !== undefined && now - this.passedAt > this.limits.pauseUs) {
      for (const { machine } of this.nodes.values()) machine.resume(now);
    }
    this.passedAt = now;
    const late = this.lateCollectors(now, connections);
    for (const [key, node] of this.nodes) {
      node.clockWrong = this.isClockWrong(now, node, clocks.get(key));
      this.observe(now, node, late);
    }
    const found = new Map<number, StoredStatus>();
    for (const { id } of connections) {
      const node = nodeOf.get(id)?.[1];
      if (node?.machine.state !== undefined) {
        found.set(id, { ...node.machine.state, clockWrong: node.clockWrong });
      }
    }
    return found;
  }

  /** A node continues as long as one of its connections is open from one pass to the next. */
  private join(connections: readonly OpenConnection[]): Map<number, [key: string, node: Node]> {
    const members = new Map<string, OpenConnection[]>();
    for (const connection of connections) {
      const key = nodeKey(connection.chain, connection.node);
      const known = members.get(key);
      if (known === undefined) members.set(key, [connection]);
      else known.push(connection);
    }
    const nodes = new Map<string, Node>();
    const nodeOf = new Map<number, [key: string, node: Node]>();
    for (const [key, open] of members) {
      const known = this.nodes.get(key);
      const continues = known !== undefined && open.some(({ id }) => known.connections.has(id));
      const node = continues ? known : this.newNode(open);
      node.connections = new Map(open.map(({ id, collector }) => [id, collector]));
      node.heardAt = Math.max(node.heardAt, ...open.map(({ heardAt }) => heardAt));
      nodes.set(key, node);
      for (const { id } of open) nodeOf.set(id, [key, node]);
    }
    this.nodes = nodes;
    // Those of other processes are of use once.
    this.restored = new Map();
    return nodeOf;
  }

  private newNode(open: readonly OpenConnection[]): Node {
    const former = open.flatMap(({ id }) => this.restored.get(id) ?? []);
    const restored = former.sort((one, other) => other.since - one.since)[0];
    const connectedAt = Math.min(...open.map((one) => one.connectedAt));
    return {
      chain: open[0]?.chain ?? '',
      connections: new Map(),
      machine: new StatusMachine(this.limits, connectedAt, restored),
      clock: new NodeClock(this.limits.clockPeriodUs),
      clockWrong: restored?.clockWrong ?? false,
      heardAt: -Infinity,
      best: undefined,
      isMissed: false,
    };
  }

  /** @param reports sorted by time */
  private addReports(
    reports: readonly StatusReport[],
    nodeOf: ReadonlyMap<number, [key: string, node: Node]>,
    connections: ReadonlyMap<number, OpenConnection>,
  ): void {
    for (const report of reports) {
      const connection = connections.get(report.connection);
      const node = nodeOf.get(report.connection)?.[1];
      if (connection === undefined || node === undefined) continue;
      const { receivedAt: at, storedAt, createdAt, height, hash, isImport } = report;
      node.heardAt = Math.max(node.heardAt, at);
      node.clock.add(at, createdAt, connection.rttUs);
      const delay = this.delays.get(connection.collector);
      if (delay === undefined || at >= delay.receivedAt) {
        this.delays.set(connection.collector, { receivedAt: at, storedAt });
      }
      if (height === null || hash === null) continue;
      const { best } = node;
      if (best?.hash === hash) {
        best.reportedAt = Math.max(best.reportedAt, at);
      } else if (best === undefined || at > best.at || (at === best.at && height > best.height)) {
        node.best = { height, hash, at, isImport, reportedAt: at, address: connection.address };
      }
    }
  }

  private compareChains(now: number): void {
    const bests = new Map<string, HeightReport[]>();
    for (const { chain, best } of this.nodes.values()) {
      if (chain === '') continue;
      const known = bests.get(chain) ?? [];
      bests.set(chain, known);
      if (best !== undefined) known.push(best);
    }
    for (const chain of this.chains.keys()) if (!bests.has(chain)) this.chains.delete(chain);
    for (const [chain, of] of bests) {
      let heights = this.chains.get(chain);
      if (heights === undefined) this.chains.set(chain, (heights = new ChainHeights()));
      heights.update(now, of);
    }
  }

  /** Servers whose newest messages were stored late: what their nodes did since is not known yet. */
  private lateCollectors(now: number, connections: readonly OpenConnection[]): Set<number> {
    const open = new Set(connections.map(({ collector }) => collector));
    const late = new Set<number>();
    for (const [collector, { receivedAt, storedAt }] of this.delays) {
      if (!open.has(collector)) this.delays.delete(collector);
      else if (storedAt - receivedAt > this.limits.lateUs && now - storedAt < DELAY_KNOWN_US)
        late.add(collector);
    }
    return late;
  }

  /** By the last whole hour, which all processes know; until that is there, by what this one measured. */
  private isClockWrong(now: number, { chain, clock, clockWrong }: Node, ofHour: number | undefined): boolean {
    const slotUs = this.chains.get(chain)?.slotUs;
    return ofHour === undefined
      ? isClockWrong(clock.offsetsAt(now), slotUs, clockWrong)
      : wasClockWrong(ofHour, slotUs);
  }

  private observe(now: number, node: Node, late: ReadonlySet<number>): void {
    const heights = this.chains.get(node.chain);
    const isMissed = [...node.connections.values()].every((collector) => late.has(collector));
    // A new node has a status from the beginning.
    if (isMissed && node.machine.state !== undefined) {
      node.isMissed = true;
      return;
    }
    if (node.isMissed) node.machine.resume(now);
    node.isMissed = false;
    const { best, heardAt } = node;
    const branch = best === undefined ? 'open' : (heights?.branches.of(best.height, best.hash) ?? 'open');
    node.machine.observe(now, { heardAt, best }, { height: heights?.height, branch });
  }
}
