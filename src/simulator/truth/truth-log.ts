import type { Block, Chain } from '../chain.js';
import type { BlockOrigin } from '../messages/chain-messages.js';
import type { SimulatedNode } from '../nodes/simulated-node.js';
import type { DecidedFork, LinkEnd, MissCause, RestartCause, WorldObserver } from '../world/observer.js';

/** The kinds of lines. docs/simulator.md describes their fields. */
export const TRUTH_KINDS = [
  'chain',
  'node',
  'block',
  'arrival',
  'finalized',
  'missed_slot',
  'fork',
  'stall',
  'halt',
  'process',
  'link',
  'outage',
  'stuck',
  'lag',
  'version',
  'clock',
  'benchmark',
] as const;

export type TruthKind = (typeof TRUTH_KINDS)[number];

/** Kinds of what lasts. */
type SpanKind = 'stall' | 'halt' | 'process' | 'link' | 'outage' | 'stuck' | 'lag';

type Fields = Readonly<Record<string, unknown>>;

interface TruthLogOptions {
  /** Receives each line, without its end. */
  readonly write: (line: string) => void;
  /** What happens at this time or later is left out: milliseconds since the epoch. Default: nothing. */
  readonly endAt?: number | undefined;
  /** Default: all. */
  readonly kinds?: readonly TruthKind[] | undefined;
}

const ORIGINS: Readonly<Record<BlockOrigin, string>> = {
  Own: 'own',
  NetworkBroadcast: 'broadcast',
  NetworkInitialSync: 'sync',
};

/** The key of what the whole network has. */
const NETWORK = {};

/**
 * Writes what really happens as JSON lines: moments when they come, and what lasts when it ends. So lines are in the order
 * of their `at`, `authored_at` or `ended`. Memory does not grow with time.
 */
export class TruthLog implements WorldObserver {
  private readonly kinds: ReadonlySet<TruthKind>;
  private readonly endAt: number;
  private readonly open = new Map<SpanKind, Map<object, { began: number; fields: Fields }>>();

  constructor(private readonly options: TruthLogOptions) {
    this.kinds = new Set(options.kinds ?? TRUTH_KINDS);
    this.endAt = options.endAt ?? Infinity;
  }

  /** Writes what is still going on, with `ended` null. */
  end(): void {
    for (const [kind, spans] of this.open)
      for (const { began, fields } of spans.values())
        this.write({ kind, began: time(began), ended: null, ...fields });
    this.open.clear();
  }

  chain(chain: Chain, at: number): void {
    const { name, slotMs, best } = chain;
    this.moment('chain', at, () => ({ chain: idOf(chain), name, slot_ms: slotMs, height: best.height }));
  }

  node(node: SimulatedNode, at: number): void {
    this.moment('node', at, () => nodeFields(node));
  }

  identityLeft(node: SimulatedNode, at: number): void {
    this.ended('process', node, at, { end_cause: 'identity' });
    this.linkEnded(node, 'identity', at);
  }

  identityTaken(node: SimulatedNode, at: number): void {
    this.node(node, at);
    this.processBegan(node, 'start', at);
    if (node.isOnline) this.linkBegan(node, at);
  }

  processBegan(node: SimulatedNode, cause: 'start' | RestartCause, began: number): void {
    this.began('process', node, began, { ...peerOf(node), cause, end_cause: null });
  }

  processEnded(node: SimulatedNode, cause: RestartCause, at: number): void {
    this.ended('process', node, at, { end_cause: cause });
  }

  linkBegan(node: SimulatedNode, at: number): void {
    this.began('link', node, at, { ...peerOf(node), cause: null, socket: node.host });
  }

  linkEnded(node: SimulatedNode, cause: LinkEnd, at: number): void {
    this.ended('link', node, at, { cause });
  }

  versionChanged(node: SimulatedNode, from: string, at: number): void {
    this.moment('version', at, () => ({ ...peerOf(node), from, to: node.profile.version }));
  }

  clockStepped(node: SimulatedNode, at: number): void {
    this.moment('clock', at, () => ({ ...peerOf(node), offset_ms: node.profile.hardware.clockSkewMs }));
  }

  benchmarked(node: SimulatedNode, at: number): void {
    this.moment('benchmark', at, () => ({ ...peerOf(node), hardware: node.benchmark ?? null }));
  }

  block(chain: Chain, block: Block, author: SimulatedNode | undefined, at: number): void {
    if (!this.wants('block', at)) return;
    const { height, hash, parentHash, slot } = block;
    this.write({
      kind: 'block',
      authored_at: time(at),
      chain: idOf(chain),
      height,
      hash,
      parent_hash: parentHash,
      slot,
      author: author?.profile.peerId ?? null,
    });
  }

  slotMissed(chain: Chain, slot: number, cause: MissCause, at: number): void {
    this.moment('missed_slot', at, () => ({ chain: idOf(chain), slot, cause }));
  }

  forkDecided(chain: Chain, { winners, losers, began }: DecidedFork, at: number): void {
    const [winner] = winners;
    if (winner === undefined || !this.wants('fork', at)) return;
    this.write({
      kind: 'fork',
      began: time(began),
      ended: time(at),
      chain: idOf(chain),
      height: winner.height,
      depth: losers.length,
      winner_hash: winner.hash,
      loser_hashes: losers.map(({ hash }) => hash),
    });
  }

  arrival(
    { profile }: SimulatedNode,
    { height, hash }: Block,
    { origin, becameBest, reported }: { origin: BlockOrigin; becameBest: boolean; reported: boolean },
    at: number,
  ): void {
    this.moment('arrival', at, () => ({
      chain: idOf(profile.chain),
      height,
      hash,
      peer_id: profile.peerId,
      origin: ORIGINS[origin],
      became_best: becameBest,
      reported,
    }));
  }

  finalized({ profile }: SimulatedNode, { height, hash }: Block, reported: boolean, at: number): void {
    const { chain, peerId } = profile;
    this.moment('finalized', at, () => ({ chain: idOf(chain), height, hash, peer_id: peerId, reported }));
  }

  episodeBegan(kind: 'stall' | 'halt', chain: Chain, at: number): void {
    this.began(kind, chain, at, { chain: idOf(chain) });
  }

  episodeEnded(kind: 'stall' | 'halt', chain: Chain, at: number): void {
    this.ended(kind, chain, at);
  }

  outageBegan(at: number): void {
    this.began('outage', NETWORK, at, {});
  }

  outageEnded(at: number): void {
    this.ended('outage', NETWORK, at);
  }

  stuckBegan(node: SimulatedNode, at: number): void {
    this.began('stuck', node, at, { ...peerOf(node), height: node.best.height });
  }

  stuckEnded(node: SimulatedNode, at: number): void {
    this.ended('stuck', node, at);
  }

  lagBegan(node: SimulatedNode, blocks: number, at: number): void {
    this.began('lag', node, at, { ...peerOf(node), blocks });
  }

  lagEnded(node: SimulatedNode, at: number): void {
    this.ended('lag', node, at);
  }

  private wants(kind: TruthKind, at: number): boolean {
    return at < this.endAt && this.kinds.has(kind);
  }

  private moment(kind: TruthKind, at: number, fields: () => Fields): void {
    if (this.wants(kind, at)) this.write({ kind, at: time(at), ...fields() });
  }

  private began(kind: SpanKind, key: object, at: number, fields: Fields): void {
    if (!this.wants(kind, at)) return;
    const spans = this.open.get(kind) ?? new Map<object, { began: number; fields: Fields }>();
    this.open.set(kind, spans.set(key, { began: at, fields }));
  }

  private ended(kind: SpanKind, key: object, at: number, fields: Fields = {}): void {
    const span = at < this.endAt ? this.open.get(kind)?.get(key) : undefined;
    if (span === undefined) return;
    this.open.get(kind)?.delete(key);
    this.write({ kind, began: time(span.began), ended: time(at), ...span.fields, ...fields });
  }

  private write(line: Fields): void {
    this.options.write(JSON.stringify(line));
  }
}

function idOf({ genesisHash }: Chain): string {
  return genesisHash;
}

function peerOf({ profile }: SimulatedNode): Fields {
  return { peer_id: profile.peerId };
}

function nodeFields({ profile, benchmark, host }: SimulatedNode): Fields {
  const { name, version, software, authorityId, verbosity, chain, hardware, latency } = profile;
  return {
    peer_id: profile.peerId,
    chain: idOf(chain),
    name,
    version,
    implementation: software.implementation,
    authority: authorityId !== undefined,
    verbosity,
    socket: host,
    clock_offset_ms: hardware.clockSkewMs,
    latency_class: latency.class,
    latency_ms: Math.round(latency.medianMs),
    speed: hardware.speed,
    hardware: benchmark ?? null,
  };
}

function time(at: number): string {
  return new Date(at).toISOString();
}
