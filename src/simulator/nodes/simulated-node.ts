import type { Block } from '../chain.js';
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
  refusedBlock,
  startingAuthorship,
} from '../messages/chain-messages.js';
import type { JsonObject } from '../messages/envelope.js';
import type { MessageContent, MessageType } from '../messages/message-types.js';
import { benchmarkFields, connectedFields } from '../messages/system-messages.js';
import { blockTrace, type TracePlan } from '../messages/trace-messages.js';
import type { Random } from '../random/random.js';
import type { WorldObserver } from '../world/observer.js';
import { ImportedBlocks } from './imported-blocks.js';
import { type NetworkEvent, TelemetryEmitter } from './telemetry-emitter.js';
import type { NodeProfile } from './node-profile.js';
import type { Peers } from './peers.js';
import { claimed, PeriodicReports } from './periodic-reports.js';

/** Which imports a node reports. */
interface ImportPlan {
  /** `best`: only of blocks that become its best one, as real nodes do. */
  readonly reported: 'all' | 'best';
  /** The share of those that it reports while it catches up. */
  readonly synced: number;
}

/** Behaviour of a node, from its scenario. */
interface NodePlan {
  readonly consensus: Consensus;
  readonly traces: TracePlan;
  readonly imports: ImportPlan;
  /** It sends `system.connected` and nothing else. */
  readonly greetsOnly?: boolean;
}

/** What a node acts upon. */
export interface Surroundings {
  /** Receives the messages. */
  readonly outbox: NetworkEvent[];
  readonly observer: WorldObserver;
}

/** A node with its state. */
export class SimulatedNode {
  finalized: Block;
  started = false;
  /** Whether it is catching up with other nodes. */
  syncing = false;
  /** Whether it receives no blocks. */
  stuck = false;
  /** By how many blocks what it receives is behind. */
  trailing = 0;
  /** The scores of its last benchmark. */
  benchmark: JsonObject | undefined;
  readonly reports: PeriodicReports;
  /** When its process began, by true time: milliseconds since the epoch. */
  startedAt: number;
  private readonly emitter: TelemetryEmitter;
  private startupTime: number;
  private readonly blocks: ImportedBlocks;

  constructor(
    private current: NodeProfile,
    /** The index of its host, whose socket it uses. */
    readonly host: number,
    peers: Peers,
    private readonly random: Random,
    private readonly plan: NodePlan,
    private readonly surroundings: Surroundings,
  ) {
    this.blocks = new ImportedBlocks(current.chain.best);
    this.finalized = current.chain.finalized;
    this.startupTime = current.startupTime;
    this.startedAt = current.startupTime - current.hardware.clockSkewMs;
    this.reports = new PeriodicReports(this, peers, random);
    this.emitter = new TelemetryEmitter(this, random, surroundings.outbox);
  }

  /** Its current identity. */
  get profile(): NodeProfile {
    return this.current;
  }

  get best(): Block {
    return this.blocks.best;
  }

  get isOnline(): boolean {
    return this.emitter.online;
  }

  get isAuthority(): boolean {
    return this.profile.authorityId !== undefined;
  }

  /** Whether it is in sync and can author blocks. */
  get isReady(): boolean {
    return this.started && !this.syncing && !this.stuck && this.trailing === 0;
  }

  /** Whether it sends messages of a type. */
  sends(msg: MessageType): boolean {
    return !this.isMute(msg) && this.emitter.sends(msg);
  }

  /** Sends a message if it is connected and its verbosity is high enough. Returns whether it is sent. */
  emit(at: number, statement: MessageContent): boolean {
    return !this.isMute(statement.msg) && this.emitter.emit(at, statement);
  }

  /** Starts with the given best block. */
  start(best: Block): void {
    const { chain } = this.profile;
    this.started = true;
    this.blocks.beginAt(best);
    this.finalized = best.height < chain.finalized.height ? best : chain.finalized;
    this.syncing = best.height < chain.best.height;
  }

  /** Restarts its process, perhaps as another version. It continues from the blocks that it has. */
  restart(at: number, version = this.profile.version): void {
    this.current = { ...this.current, version };
    this.started = true;
    this.startedAt = at;
    this.startupTime = at + this.profile.hardware.clockSkewMs;
  }

  /** Its process ends. */
  stop(): void {
    this.started = false;
    this.syncing = false;
    this.stuck = false;
    this.trailing = 0;
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
    if (this.profile.software.details === 'machine') {
      this.benchmark = benchmarkFields(this.profile, this.random);
      this.emit(at, { msg: 'sysinfo.hwbench', fields: this.benchmark });
    }
    if (set !== undefined) this.learnAuthorities(at, set);
  }

  /** Changes its identity on the same connection. */
  become(other: NodeProfile, at: number): void {
    const { observer } = this.surroundings;
    observer.identityLeft?.(this, at);
    this.current = other;
    this.startupTime = other.startupTime;
    this.startedAt = at;
    observer.identityTaken?.(this, at);
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
    if (!this.started) return;
    if (this.sends('prepared_block_for_proposing'))
      for (const content of authoredBlock(block)) this.emit(at, content);
    this.importBlock(at, block, 'Own');
  }

  failToAuthor(at: number, parent: Block): void {
    this.emit(at, refusedBlock(parent));
  }

  /** Receives a block, or the one that is as far below it as the node is behind. */
  receive(at: number, block: Block): void {
    if (!this.started || this.syncing || this.stuck) return;
    let received: Block | undefined = block;
    for (let left = this.trailing; left > 0; left -= 1) received = received?.parent;
    if (received !== undefined) this.importBlock(at, received, 'NetworkBroadcast');
  }

  /** Imports a new block. Missing ancestors are imported first. The longest branch becomes the best one. */
  importBlock(at: number, block: Block, origin: BlockOrigin): void {
    for (const one of this.blocks.import(block)) {
      const isAncestor = one.block !== block;
      this.sendImport(at, one, isAncestor && origin === 'Own' ? 'NetworkBroadcast' : origin);
    }
  }

  /** Finalizes a block, if it is imported and not final yet. */
  finalize(at: number, block: Block): void {
    if (!this.started || block.height > this.best.height || block.height <= this.finalized.height) return;
    this.finalized = block;
    if (this.sends('afg.finalized_blocks_up_to')) {
      this.emit(at, finalizedUpTo(block));
      if (this.profile.envelope.form === 'flat') this.emit(at, finalizedByVotes(block));
    }
    const reported = this.emit(at, finalizedBlock(claimed(block, this.profile)));
    this.surroundings.observer.finalized?.(this, block, reported, at);
  }

  private sendConnected(at: number): void {
    this.emit(at, { msg: 'system.connected', fields: connectedFields(this.profile, this.startupTime) });
  }

  private sendImport(
    at: number,
    { block, becameBest }: { block: Block; becameBest: boolean },
    origin: BlockOrigin,
  ): void {
    const { consensus, traces } = this.plan;
    if (this.sends('tracing.profiling')) {
      if (origin !== 'Own') this.emit(at, checkedHeader(block, consensus));
      if (this.random.chance(traces.blocks)) {
        for (const content of blockTrace(this.profile.software.traces, traces, this.random))
          this.emit(at, content);
      }
    }
    const reported =
      this.reportsImport(becameBest, origin) &&
      this.emit(at, importedBlock(claimed(block, this.profile), origin));
    this.surroundings.observer.arrival?.(this, block, { origin, becameBest, reported }, at);
  }

  private reportsImport(becameBest: boolean, origin: BlockOrigin): boolean {
    const { reported, synced } = this.plan.imports;
    if (reported === 'best' && !becameBest) return false;
    return origin !== 'NetworkInitialSync' || synced === 1 || this.random.chance(synced);
  }

  private isMute(msg: string): boolean {
    return this.plan.greetsOnly === true && msg !== 'system.connected';
  }
}
