import { type Block, isIn } from '../chain.js';
import {
  authoredBlock,
  authoritySet,
  type BlockOrigin,
  checkedHeader,
  type Consensus,
  finalizedBlock,
  finalizedByVotes,
  finalizedUpTo,
  importedBlock,
  importedTransactions,
  refusedBlock,
  startingAuthorship,
} from '../messages/chain-messages.js';
import type { JsonObject } from '../messages/envelope.js';
import type { MessageContent, MessageType } from '../messages/message-types.js';
import {
  benchmarkFields,
  connectedFields,
  intervalFields,
  networkState,
} from '../messages/system-messages.js';
import { blockTrace, type TracePlan } from '../messages/trace-messages.js';
import type { Random } from '../random/random.js';
import { type NetworkEvent, TelemetryEmitter } from './telemetry-emitter.js';
import type { NodeProfile } from './node-profile.js';
import type { Peers } from './peers.js';

/** Behaviour of a node, from its scenario. */
interface NodePlan {
  readonly consensus: Consensus;
  readonly traces: TracePlan;
  /** It sends `system.connected` and nothing else. */
  readonly greetsOnly?: boolean;
}

/** Very old builds include the network state in every sixth `system.interval`, every 30 s. */
const REPORTS_PER_STATE = 6;
/** Maximum number of imported blocks of other branches that a node remembers. */
const MAX_REMEMBERED = 16;

/** A node with its state. Its messages go to the outbox. */
export class SimulatedNode {
  best: Block;
  finalized: Block;
  started = false;
  /** Whether it is catching up with other nodes. */
  syncing = false;
  /** Whether it receives no blocks. */
  stuck = false;
  private readonly emitter: TelemetryEmitter;
  private startupTime: number;
  private readonly besideBest: Block[] = [];
  private reports = 0;

  constructor(
    private current: NodeProfile,
    /** The index of its host, whose socket it uses. */
    readonly host: number,
    private readonly peers: Peers,
    private readonly random: Random,
    private readonly plan: NodePlan,
    outbox: NetworkEvent[],
  ) {
    this.best = current.chain.best;
    this.finalized = current.chain.finalized;
    this.startupTime = current.startupTime;
    this.emitter = new TelemetryEmitter(this, random, outbox);
  }

  /** Its current identity. */
  get profile(): NodeProfile {
    return this.current;
  }

  get isAuthority(): boolean {
    return this.profile.authorityId !== undefined;
  }

  /** Whether it is in sync and can author blocks. */
  get isReady(): boolean {
    return this.started && !this.syncing && !this.stuck;
  }

  /** Whether it sends messages of a type. */
  sends(msg: MessageType): boolean {
    return !this.isMute(msg) && this.emitter.sends(msg);
  }

  /** Sends a message if it is connected and its verbosity is high enough. */
  emit(at: number, statement: MessageContent): void {
    if (!this.isMute(statement.msg)) this.emitter.emit(at, statement);
  }

  /** Starts with the given best block. */
  start(best: Block): void {
    const { chain } = this.profile;
    this.started = true;
    this.best = best;
    this.finalized = best.height < chain.finalized.height ? best : chain.finalized;
    this.syncing = best.height < chain.best.height;
  }

  /** Restarts its process. */
  restart(at: number): void {
    this.startupTime = at + this.profile.hardware.clockSkewMs;
  }

  /**
   * Connects: sends its identity, and hardware and authorities after a start.
   *
   * @param set its authority set; `undefined` if it is not an authority
   */
  connect(
    at: number,
    set: { id: number; authorities: readonly string[] } | undefined,
    afterStart: boolean,
  ): void {
    this.emitter.online = true;
    this.sendConnected(at);
    if (!afterStart) return;
    if (this.profile.software.details === 'machine')
      this.emit(at, { msg: 'sysinfo.hwbench', fields: benchmarkFields(this.profile, this.random) });
    if (set !== undefined) this.learnAuthorities(at, set);
  }

  /** Changes its identity on the same connection. */
  become(other: NodeProfile, at: number): void {
    this.current = other;
    this.startupTime = other.startupTime;
    this.sendConnected(at);
  }

  /** Changes its id in the nested envelope. The flat envelope has no ids. */
  speakUnder(id: number, at: number): void {
    const { envelope } = this.current;
    if (envelope.form === 'flat') return;
    this.current = { ...this.current, envelope: { ...envelope, id } };
    this.sendConnected(at);
  }

  /** Disconnects; messages are dropped. */
  disconnect(): void {
    this.emitter.online = false;
  }

  /** The text of `system.connected` for a reconnect. Does not affect later messages. */
  connectedText(at: number, nanos: number): string {
    return this.emitter.encode(
      'system.connected',
      connectedFields(this.profile, this.startupTime),
      at,
      nanos,
    );
  }

  learnAuthorities(at: number, { id, authorities }: { id: number; authorities: readonly string[] }): void {
    const { authorityId } = this.profile;
    if (authorityId !== undefined && this.sends('afg.authority_set'))
      this.emit(at, authoritySet(authorityId, id, authorities));
  }

  beginAuthoring(at: number, slot: number): void {
    this.emit(at, startingAuthorship(slot, slot * this.profile.chain.slotMs));
  }

  author(at: number, block: Block): void {
    if (this.sends('prepared_block_for_proposing'))
      for (const content of authoredBlock(block)) this.emit(at, content);
    this.importBlock(at, block, 'Own');
  }

  failToAuthor(at: number, parent: Block): void {
    this.emit(at, refusedBlock(parent));
  }

  /** Receives a block. Missing ancestors are imported first. */
  receive(at: number, block: Block): void {
    if (this.isReady) this.importBlock(at, block, 'NetworkBroadcast');
  }

  /** Imports a new block. The longest branch becomes the best one. */
  importBlock(at: number, block: Block, origin: BlockOrigin): void {
    if (block.height <= this.best.height) {
      if (isIn(block, this.best) || this.besideBest.includes(block)) return;
      this.remember(block);
    } else {
      const { parent } = block;
      if (parent !== undefined && parent !== this.best) {
        this.importBlock(at, parent, origin === 'Own' ? 'NetworkBroadcast' : origin);
        if (!isIn(this.best, block)) this.remember(this.best);
      }
      this.best = block;
    }
    this.sendImport(at, block, origin);
  }

  /** Finalizes a block, if it is imported and not final yet. */
  finalize(at: number, block: Block): void {
    if (block.height > this.best.height || block.height <= this.finalized.height) return;
    this.finalized = block;
    if (this.sends('afg.finalized_blocks_up_to')) {
      this.emit(at, finalizedUpTo(block));
      if (this.profile.envelope.form === 'flat') this.emit(at, finalizedByVotes(block));
    }
    this.emit(at, finalizedBlock(this.claimed(block)));
  }

  /** Sends its periodic report. */
  report(at: number, txcount: number): void {
    this.peers.wander();
    this.reports += 1;
    const status = {
      best: this.claimed(this.best),
      finalized: this.claimed(this.finalized),
      txcount: this.withNoise(txcount),
      peers: this.peers.connectedCount,
    };
    const state = this.stateInReport();
    for (const fields of intervalFields(this.profile, status, this.random))
      this.emit(at, { msg: 'system.interval', fields: { ...fields, ...state } });
  }

  importTransactions(at: number, waiting: number): void {
    const future = this.random.chance(0.2) ? this.random.between(1, 5) : 0;
    this.emit(at, importedTransactions(this.withNoise(waiting), future));
  }

  sendNetworkState(at: number): void {
    const { reputations, networkState: form } = this.profile.software;
    if (reputations === 'none' || form === 'interval' || form === 'interval string') return;
    this.peers.drift();
    if (!this.emitter.online) return;
    this.emit(at, { msg: 'system.network_state', fields: { [form]: this.networkState() } });
  }

  private sendConnected(at: number): void {
    this.emit(at, { msg: 'system.connected', fields: connectedFields(this.profile, this.startupTime) });
  }

  private sendImport(at: number, block: Block, origin: BlockOrigin): void {
    const { consensus, traces } = this.plan;
    if (this.sends('tracing.profiling')) {
      if (origin !== 'Own') this.emit(at, checkedHeader(block, consensus));
      if (this.random.chance(traces.blocks)) {
        for (const content of blockTrace(this.profile.software.traces, traces, this.random))
          this.emit(at, content);
      }
    }
    this.emit(at, importedBlock(this.claimed(block), origin));
  }

  private isMute(msg: string): boolean {
    return this.plan.greetsOnly === true && msg !== 'system.connected';
  }

  /** A block as the node reports it. */
  private claimed(block: Block): Block {
    return this.profile.sendsFalseHeights === true ? { ...block, height: Number.MAX_SAFE_INTEGER } : block;
  }

  private remember(block: Block): void {
    if (this.besideBest.push(block) > MAX_REMEMBERED) this.besideBest.shift();
  }

  private stateInReport(): JsonObject {
    const { networkState: form } = this.profile.software;
    if ((form !== 'interval' && form !== 'interval string') || this.reports % REPORTS_PER_STATE !== 1)
      return {};
    this.peers.drift();
    const state = this.networkState();
    return { network_state: form === 'interval' ? state : JSON.stringify(state) };
  }

  private networkState(): JsonObject {
    return networkState(this.profile, this.peers, this.random);
  }

  /** Varies a count, because transaction pools of nodes differ. */
  private withNoise(count: number): number {
    return Math.round(count * (0.9 + 0.2 * this.random.fraction()));
  }
}
