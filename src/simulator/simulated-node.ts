import type { Block } from './chain.js';
import {
  authoredBlock,
  authoritySet,
  type BlockOrigin,
  finalizedBlock,
  importedBlock,
  startingAuthorship,
  type Statement,
} from './consensus-messages.js';
import { encodeMessage } from './envelope.js';
import type { JsonObject } from './exact-json.js';
import { type KnownPeer, networkStateFields } from './network-state.js';
import type { NodeProfile } from './node-profile.js';
import type { Random } from './random.js';
import { benchmarkFields, connectedFields, intervalFields } from './system-messages.js';
import { formatTimestamp } from './timestamp.js';
import { profilingFields } from './trace-messages.js';

/** A message as it leaves a node. */
export interface NodeMessage {
  /** When it is sent, in simulated time: milliseconds since the epoch. */
  readonly at: number;
  readonly node: SimulatedNode;
  readonly msg: string;
  /** The text of the frame. */
  readonly text: string;
}

const MAX_PEERS = 24;

/** What a node says, and the little that it has to remember for it. Each method gives what it says at a time. */
export class SimulatedNode {
  best: Block;
  finalized: Block;
  started = false;
  syncing = false;
  private peers: KnownPeer[] = [];
  private txcount = 0;
  private lastAt = -1;
  private lastNanos = 0;

  constructor(
    readonly profile: NodeProfile,
    /** The index of the host that it runs on, whose socket it uses. */
    readonly host: number,
    /** Every peer that it can know of, itself left out. */
    private readonly knownPeers: readonly KnownPeer[],
    private readonly random: Random,
  ) {
    this.best = profile.chain.best;
    this.finalized = profile.chain.finalized;
  }

  get isAuthority(): boolean {
    return this.profile.authorityId !== undefined;
  }

  /**
   * Begins to run.
   *
   * @param best the block that its database ends with
   */
  start(at: number, best: Block, authorities: readonly string[]): NodeMessage[] {
    const { chain, software, authorityId } = this.profile;
    this.started = true;
    this.best = best;
    this.finalized = best.height < chain.finalized.height ? best : chain.finalized;
    this.syncing = best.height < chain.best.height;
    this.peers = this.random.sample(this.knownPeers, MAX_PEERS);
    const statements: Statement[] = [{ msg: 'system.connected', fields: connectedFields(this.profile) }];
    if (software.details === 'machine') {
      statements.push({ msg: 'sysinfo.hwbench', fields: benchmarkFields(this.profile, this.random) });
    }
    if (authorityId !== undefined) statements.push(authoritySet(authorityId, authorities));
    return this.say(at, statements);
  }

  /** The text of `system.connected`, for a connection that is made anew; leaves what the node says next as it is. */
  connectedText(at: number, nanos: number): string {
    return this.encode('system.connected', connectedFields(this.profile), at, nanos);
  }

  beginAuthoring(at: number, slot: number): NodeMessage[] {
    return this.say(at, [startingAuthorship(slot, at)]);
  }

  author(at: number, block: Block): NodeMessage[] {
    return [...this.say(at, authoredBlock(block)), ...this.importBlock(at, block, 'Own')];
  }

  importBlock(at: number, block: Block, origin: BlockOrigin): NodeMessage[] {
    if (block.height <= this.best.height) return [];
    this.best = block;
    const traces = profilingFields(this.profile.software, this.random);
    return this.say(at, [
      ...traces.map((fields) => ({ msg: 'tracing.profiling', fields })),
      importedBlock(block, origin),
    ]);
  }

  /** A node that has not imported the block yet, or that knows it as final, says nothing. */
  finalize(at: number, block: Block): NodeMessage[] {
    if (block.height > this.best.height || block.height <= this.finalized.height) return [];
    this.finalized = block;
    return this.say(at, finalizedBlock(block, this.isAuthority));
  }

  interval(at: number): NodeMessage[] {
    if (this.random.chance(0.1)) this.peers = this.random.sample(this.knownPeers, MAX_PEERS);
    const { best, finalized, txcount } = this;
    const status = { best, finalized, txcount, peers: this.peers.length };
    const reports = intervalFields(this.profile, status, this.random);
    return this.say(
      at,
      reports.map((fields) => ({ msg: 'system.interval', fields })),
    );
  }

  importTransactions(at: number): NodeMessage[] {
    this.txcount = Math.max(0, this.txcount + this.random.between(-20, 24));
    const future = this.random.chance(0.2) ? this.random.between(1, 5) : 0;
    return this.say(at, [{ msg: 'txpool.import', fields: { ready: this.txcount, future } }]);
  }

  networkState(at: number): NodeMessage[] {
    if (this.profile.software.reputations === 'none') return [];
    const others = this.knownPeers.filter((peer) => !this.peers.includes(peer));
    const fields = networkStateFields(this.profile, this.peers, others, this.random);
    return this.say(at, [{ msg: 'system.network_state', fields }]);
  }

  private say(at: number, statements: readonly Statement[]): NodeMessage[] {
    return statements.map(({ msg, fields }) => ({
      at,
      node: this,
      msg,
      text: this.encode(msg, fields, at, this.nextNanos(at)),
    }));
  }

  private encode(msg: string, fields: JsonObject, at: number, nanos: number): string {
    const { envelope, computer } = this.profile;
    const { clockSkewMs, utcOffsetMinutes } = computer;
    return encodeMessage(envelope, msg, fields, formatTimestamp(at + clockSkewMs, nanos, utcOffsetMinutes));
  }

  /** Within one millisecond the clock of a node does not go back. */
  private nextNanos(at: number): number {
    const nanos =
      at === this.lastAt ? this.lastNanos + this.random.between(1, 9_000) : this.random.between(0, 800_000);
    this.lastAt = at;
    this.lastNanos = Math.min(nanos, 999_999);
    return this.lastNanos;
  }
}
