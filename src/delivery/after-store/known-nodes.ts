import { chainKeyOf, type ConnectionSnapshot } from '../../storage/index.js';
import { textLengthOf } from '../queue/queued-batch.js';

/** What a node said of itself when it connected; `null` where it has not said so. */
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
    /** What identifies its chain: the genesis hash, or `name:` and the name. Several chains may have one name. */
    chainKey: string | null;
  }
>;

const MOST_NODES = 50_000;
/** Names may be as long as a message: characters. */
const MOST_TEXT = 16 * 1024 * 1024;

/** Who the connections are whose messages come by: the ones of which news came last. */
export class KnownNodes {
  private readonly nodes = new Map<number, { node: KnownNode; revision: number }>();
  private text = 0;

  constructor(
    private readonly mostNodes = MOST_NODES,
    private readonly mostText = MOST_TEXT,
  ) {}

  get(connectionId: number): KnownNode | undefined {
    return this.nodes.get(connectionId)?.node;
  }

  learn(snapshots: readonly ConnectionSnapshot[]): void {
    for (const snapshot of snapshots) {
      const { id, revision } = snapshot;
      // A batch that is tried again may hold what was said before.
      if ((this.nodes.get(id)?.revision ?? -1) > revision) continue;
      this.forget(id);
      const node = knownOf(snapshot);
      this.nodes.set(id, { node, revision });
      this.text += textLengthOf(node);
    }
    for (const [oldest] of this.nodes) {
      if (this.nodes.size <= this.mostNodes && this.text <= this.mostText) break;
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

function knownOf(snapshot: ConnectionSnapshot): KnownNode {
  const { peerId, name, chain, implementation, version, authority, genesisHash, ipAddr, path } = snapshot;
  const chainKey = chainKeyOf(snapshot);
  return { peerId, name, chain, chainKey, implementation, version, authority, genesisHash, ipAddr, path };
}
