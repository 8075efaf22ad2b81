import type { ClientBase } from 'pg';
import { chainKeySql } from '../../storage/index.js';
import type { Source } from '../aggregate/index.js';
import type { RawMessage } from './raw-messages.js';

type ConnectionId = Pick<RawMessage, 'connection' | 'collector'>;

/** Connections that report a peer id and a chain, and the number of their node if the registry has it. */
const SOURCES = `
  SELECT peer_connections.id::float8 AS connection, peer_connections.collector, ip_addr AS address, rtt_us AS "rttUs",
         chains.id AS chain, nodes.id AS node
    FROM unnest($1::bigint[], $2::integer[]) AS wanted (id, collector)
    JOIN peer_connections USING (id, collector)
    LEFT JOIN chains ON chains.key = ${chainKeySql('peer_connections')}
    LEFT JOIN nodes ON nodes.chain_id = chains.id AND nodes.peer_id = peer_connections.peer_id
   WHERE peer_connections.peer_id IS NOT NULL AND ${chainKeySql('peer_connections')} IS NOT NULL`;

interface SourceRow extends ConnectionId {
  address: string;
  rttUs: number | null;
  chain: number | null;
  node: number | null;
}

/** Finds the nodes of messages. */
export class Sources {
  private readonly sources = new Map<string, Source>();
  private readonly fresh = new Set<string>();

  /** Reads all again when they are next needed: round-trip times change. Forgets those that were not needed lately. */
  refresh(): void {
    for (const key of this.sources.keys()) if (!this.fresh.has(key)) this.sources.delete(key);
    this.fresh.clear();
  }

  /**
   * Reads the nodes of connections.
   *
   * @returns whether the registry has numbers for all of their nodes
   */
  async load(client: ClientBase, connections: Iterable<ConnectionId>): Promise<boolean> {
    const wanted = new Map<string, ConnectionId>();
    for (const one of connections) {
      const key = keyOf(one);
      if (!this.fresh.has(key)) wanted.set(key, one);
    }
    if (wanted.size === 0) return true;
    const { rows } = await client.query<SourceRow>(SOURCES, [
      [...wanted.values()].map(({ connection }) => connection),
      [...wanted.values()].map(({ collector }) => collector),
    ]);
    for (const row of rows) this.is(row);
    if (!rows.every(({ node }) => node !== null)) return false;
    for (const key of wanted.keys()) this.fresh.add(key);
    return true;
  }

  private is({ connection, collector, chain, node, address, rttUs }: SourceRow): void {
    if (chain === null || node === null) return;
    const key = keyOf({ connection, collector });
    const known = this.sources.get(key);
    // Messages that were read before see the new time, too.
    if (known?.node === node) known.rttUs = rttUs;
    else this.sources.set(key, { chain, node, collector, address, rttUs });
  }

  /** Undefined if the node is not known: it reported no peer id, or no chain. */
  of(message: ConnectionId): Source | undefined {
    return this.sources.get(keyOf(message));
  }
}

function keyOf({ connection, collector }: ConnectionId): string {
  return `${collector.toString()}/${connection.toString()}`;
}
