import { chainKeyOf, type ConnectionSnapshot } from '../../storage/index.js';
import { textLengthOf } from '../queue/queued-batch.js';

/** What a node reported of itself when it connected; `null` for a field that it did not report. */
export type KnownNode = Readonly<
  Pick<
    ConnectionSnapshot,
    | 'peerId'
    | 'name'
    | 'chain'
    | 'implementation'
    | 'version'
    | 'authority'
    | 'genesisHash'
    | 'ipAddr'
    | 'path'
  > & {
    /** The key of its chain: the genesis hash, or `name:` and the name. Several chains may have the same name. */
    chainKey: string | null;
  }
>;

const MAX_NODES = 50_000;
/** Characters: a name may be as long as a message. */
const MAX_TEXT = 16 * 1024 * 1024;

/** The nodes of recently updated connections, by connection id. */
export class KnownNodes {
  private readonly nodes = new Map<number, { node: KnownNode; revision: number }>();
  private text = 0;

  constructor(
    private readonly maxNodes = MAX_NODES,
    private readonly maxText = MAX_TEXT,
  ) {}

  get(connectionId: number): KnownNode | undefined {
    return this.nodes.get(connectionId)?.node;
  }

  learn(snapshots: readonly ConnectionSnapshot[]): void {
    for (const snapshot of snapshots) {
      const { id, revision } = snapshot;
      // A retried batch may have an older snapshot.
      if ((this.nodes.get(id)?.revision ?? -1) > revision) continue;
      this.forget(id);
      const node = knownNodeOf(snapshot);
      this.nodes.set(id, { node, revision });
      this.text += textLengthOf(node);
    }
    for (const [oldest] of this.nodes) {
      if (this.nodes.size <= this.maxNodes && this.text <= this.maxText) break;
      this.forget(oldest);
    }
  }

  private forget(connectionId: number): void {
    const known = this.nodes.get(connectionId);
    if (known === undefined) return;
    this.nodes.delete(connectionId);
    this.text -= textLengthOf(known.node);
  }
}

/** What a connection reports of its node. */
export function knownNodeOf(snapshot: ConnectionSnapshot): KnownNode {
  const { peerId, name, chain, implementation, version, authority, genesisHash, ipAddr, path } = snapshot;
  const chainKey = chainKeyOf(snapshot);
  return { peerId, name, chain, chainKey, implementation, version, authority, genesisHash, ipAddr, path };
}
