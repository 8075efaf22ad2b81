import { v7 as uuidv7 } from 'uuid';
import { ENDPOINTS, type TelemetryEndpoint } from '../../telemetry/index.js';
import type { Host } from '../world/population.js';
import { HistoryConnection } from './history-connection.js';

/** The socket of a host as a server would have seen it, with the nodes that have spoken on it. */
export class HistorySocket {
  readonly endpoint: TelemetryEndpoint;
  readonly ipAddr: string;
  private readonly id: string;
  private readonly connections = new Map<number | null, HistoryConnection>();

  /** @param openedAt milliseconds since the epoch */
  constructor(
    host: Host,
    private readonly openedAt: number,
    private readonly collector: { nextConnectionId(): number },
  ) {
    this.endpoint = endpointOf(host.path);
    this.ipAddr = host.nodes[0]?.profile.computer.ip ?? '';
    this.id = uuidv7({ msecs: openedAt });
  }

  /** The connection of a node, which is made with its first message. */
  connectionOf(envelopeId: number | null, at: number): HistoryConnection {
    let connection = this.connections.get(envelopeId);
    if (connection === undefined) {
      connection = new HistoryConnection(
        {
          id: this.collector.nextConnectionId(),
          socketId: this.id,
          envelopeId,
          ipAddr: this.ipAddr,
          path: this.endpoint.path,
          audit: this.endpoint.audit,
          createdAt: this.openedAt,
        },
        at,
      );
      this.connections.set(envelopeId, connection);
    }
    return connection;
  }

  /** The id of a node's connection, if it has spoken. */
  knownId(envelopeId: number | null): number | null {
    return this.connections.get(envelopeId)?.id ?? null;
  }

  /** Ends the connections, with a close frame as nodes do, and returns them. */
  end(at: number): Iterable<HistoryConnection> {
    for (const connection of this.connections.values()) connection.end(at, 'closed', 1000);
    return this.connections.values();
  }
}

/** A trailing slash makes no difference. */
function endpointOf(path: string): TelemetryEndpoint {
  const wanted = path.replace(/(?<=.)\/+$/, '');
  const found = Object.values(ENDPOINTS).find((endpoint) => endpoint.path === wanted);
  if (found === undefined) throw new RangeError(`A server has no path ${path}.`);
  return found;
}
