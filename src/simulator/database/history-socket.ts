import { v7 as uuidv7 } from 'uuid';
import {
  ENDPOINTS,
  NodeConnection,
  SocketConnections,
  type TelemetryEndpoint,
} from '../../telemetry/index.js';
import type { Host } from '../world/population.js';

/**
 * In simulated time. Half a minute, as of real nodes, would bring the news of each connection with nearly every
 * batch, and batches with news of the same connection wait for each other.
 */
const UPDATE_INTERVAL_MS = 3_600_000;

/** A connection of the past, of which a server would have written more often. */
class HistoryConnection extends NodeConnection {
  private nextUpdateAt = -Infinity;

  override heard(receivedAt: number, createdAt: number, type: number): boolean {
    const newType = !this.hasSent(type);
    const isUpdate = super.heard(receivedAt, createdAt, type);
    // A row must have every type that is stored: readers look for no other.
    if (!isUpdate || (!newType && receivedAt < this.nextUpdateAt)) return false;
    this.nextUpdateAt = receivedAt + UPDATE_INTERVAL_MS;
    return true;
  }
}

/** The socket of a host as a server would have seen it, with the nodes that have spoken on it. */
export class HistorySocket {
  readonly endpoint: TelemetryEndpoint;
  readonly ipAddr: string;
  /** Its connections, which end and begin as those of a server do. */
  readonly connections: SocketConnections<HistoryConnection>;
  private readonly id: string;

  /**
   * @param openedAt milliseconds since the epoch
   * @param now the simulated time: milliseconds since the epoch
   * @param onReplaced told of a connection that has ended though the socket has not
   */
  constructor(
    host: Host,
    private readonly openedAt: number,
    private readonly collector: { nextConnectionId(): number },
    now: () => number,
    onReplaced: (connection: HistoryConnection) => void,
  ) {
    this.endpoint = endpointOf(host.path);
    this.ipAddr = host.nodes[0]?.profile.hardware.ip ?? '';
    this.id = uuidv7({ msecs: openedAt });
    this.connections = new SocketConnections({
      begin: (envelopeId, at) => this.begin(envelopeId, at),
      replaced: onReplaced,
      now,
    });
  }

  /** Ends the connections, with a close frame as nodes do, and returns them. */
  end(at: number): readonly HistoryConnection[] {
    return this.connections.endAll(at, 'closed', 1000);
  }

  private begin(envelopeId: number | null, at: number): HistoryConnection {
    return new HistoryConnection(
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
  }
}

/** A trailing slash makes no difference. */
function endpointOf(path: string): TelemetryEndpoint {
  const wanted = path.replace(/(?<=.)\/+$/, '');
  const found = Object.values(ENDPOINTS).find((endpoint) => endpoint.path === wanted);
  if (found === undefined) throw new RangeError(`A server has no path ${path}.`);
  return found;
}
