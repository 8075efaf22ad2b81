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

/** A connection, and its node as it was last read. */
interface Known extends ConnectionId {
  /** Undefined if the node is not known: it reported no peer id, or no chain. */
  source: Source | undefined;
  /** Whether it was read since the last {@link Sources.refresh}. */
  isFresh: boolean;
}

/** Finds the nodes of messages. */
export class Sources {
  /** By server process and connection. */
  private readonly known = new Map<number, Map<number, Known>>();

  /** Reads all again when they are next needed: round-trip times change. Forgets those that were not needed lately. */
  refresh(): void {
    for (const [collector, connections] of this.known) {
      for (const [connection, known] of connections) {
        if (!known.isFresh) connections.delete(connection);
        known.isFresh = false;
      }
      if (connections.size === 0) this.known.delete(collector);
    }
  }

  /**
   * Reads the nodes of connections.
   *
   * @returns whether the registry has numbers for all of their nodes
   */
  async load(client: ClientBase, connections: Iterable<ConnectionId>): Promise<boolean> {
    const wanted = new Set<Known>();
    for (const one of connections) {
      const known = this.knownOf(one);
      if (!known.isFresh) wanted.add(known);
    }
    if (wanted.size === 0) return true;
    const { rows } = await client.query<SourceRow>(SOURCES, [
      [...wanted].map(({ connection }) => connection),
      [...wanted].map(({ collector }) => collector),
    ]);
    for (const row of rows) this.is(row);
    if (!rows.every(({ node }) => node !== null)) return false;
    for (const known of wanted) known.isFresh = true;
    return true;
  }

  /** Undefined if the node is not known. */
  of({ connection, collector }: ConnectionId): Source | undefined {
    return this.known.get(collector)?.get(connection)?.source;
  }

  private knownOf({ connection, collector }: ConnectionId): Known {
    const connections = this.known.get(collector) ?? new Map<number, Known>();
    this.known.set(collector, connections);
    const known = connections.get(connection) ?? { connection, collector, source: undefined, isFresh: false };
    connections.set(connection, known);
    return known;
  }

  private is({ connection, collector, chain, node, address, rttUs }: SourceRow): void {
    if (chain === null || node === null) return;
    const known = this.knownOf({ connection, collector });
    // Messages that were read before see the new time, too.
    if (known.source?.node === node) known.source.rttUs = rttUs;
    else known.source = { chain, node, collector, address, rttUs };
  }
}
