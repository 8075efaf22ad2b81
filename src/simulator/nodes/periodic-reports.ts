import type { Block } from '../chain.js';
import { importedTransactions } from '../messages/chain-messages.js';
import type { JsonObject } from '../messages/envelope.js';
import { intervalFields, networkState } from '../messages/system-messages.js';
import type { Random } from '../random/random.js';
import type { NodeProfile } from './node-profile.js';
import type { Peers } from './peers.js';
import type { SimulatedNode } from './simulated-node.js';

/** Very old builds include the network state in every sixth `system.interval`, every 30 s. */
const REPORTS_PER_STATE = 6;

/** A block as a node reports it. */
export function claimed(block: Block, { sendsFalseHeights }: NodeProfile): Block {
  return sendsFalseHeights === true ? { ...block, height: Number.MAX_SAFE_INTEGER } : block;
}

/** What a node sends again and again while its process is up. */
export class PeriodicReports {
  private count = 0;

  constructor(
    private readonly node: SimulatedNode,
    private readonly peers: Peers,
    private readonly random: Random,
  ) {}

  /** Sends `system.interval`. */
  interval(at: number, txcount: number): void {
    const { node, peers } = this;
    if (!node.started) return;
    peers.wander();
    this.count += 1;
    const status = {
      best: claimed(node.best, node.profile),
      finalized: claimed(node.finalized, node.profile),
      txcount: this.withNoise(txcount),
      peers: peers.connectedCount,
    };
    const state = this.stateInInterval();
    for (const fields of intervalFields(node.profile, status, this.random))
      node.emit(at, { msg: 'system.interval', fields: { ...fields, ...state } });
  }

  transactions(at: number, waiting: number): void {
    if (!this.node.started) return;
    const future = this.random.chance(0.2) ? this.random.between(1, 5) : 0;
    this.node.emit(at, importedTransactions(this.withNoise(waiting), future));
  }

  networkState(at: number): void {
    const { node } = this;
    const { reputations, networkState: form } = node.profile.software;
    if (!node.started || reputations === 'none' || form === 'interval' || form === 'interval string') return;
    this.peers.drift();
    if (!node.isOnline) return;
    node.emit(at, { msg: 'system.network_state', fields: { [form]: this.currentState() } });
  }

  private stateInInterval(): JsonObject {
    const { networkState: form } = this.node.profile.software;
    if ((form !== 'interval' && form !== 'interval string') || this.count % REPORTS_PER_STATE !== 1)
      return {};
    this.peers.drift();
    const state = this.currentState();
    return { network_state: form === 'interval' ? state : JSON.stringify(state) };
  }

  private currentState(): JsonObject {
    return networkState(this.node.profile, this.peers, this.random);
  }

  /** Varies a count, because transaction pools of nodes differ. */
  private withNoise(count: number): number {
    return Math.round(count * (0.9 + 0.2 * this.random.fraction()));
  }
}
