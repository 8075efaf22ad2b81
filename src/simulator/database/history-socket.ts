import { v7 as uuidv7 } from 'uuid';
import {
  ENDPOINTS,
  NodeConnection,
  SocketConnections,
  type TelemetryEndpoint,
} from '../../telemetry/index.js';
import type { Host } from '../world/population.js';

/**
 * In simulated time. With 30 s, as for real nodes, nearly every batch would update every connection, and batches that
 * update the same connection wait for each other.
 */
const UPDATE_INTERVAL_MS = 3_600_000;

/** A simulated connection, which is updated less often than by a server. */
class HistoryConnection extends NodeConnection {
  private nextUpdateAt = -Infinity;

  override recordMessage(receivedAt: number, createdAt: number, type: number): boolean {
    const newType = !this.hasSent(type);
    const isUpdate = super.recordMessage(receivedAt, createdAt, type);
    // The row must list every stored type: queries rely on it.
    if (!isUpdate || (!newType && receivedAt < this.nextUpdateAt)) return false;
    this.nextUpdateAt = receivedAt + UPDATE_INTERVAL_MS;
    return true;
  }
}

/** The socket of a host with its connections, as a server would record them. */
export class HistorySocket {
  readonly endpoint: TelemetryEndpoint;
  readonly ipAddr: string;
  /** Its connections, managed as by a server. */
  readonly connections: SocketConnections<HistoryConnection>;
  private readonly id: string;

  /**
   * @param openedAt milliseconds since the epoch
   * @param now the simulated time: milliseconds since the epoch
   * @param onReplaced called when a connection ends while the socket stays open
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

  /** Ends and returns the connections, as after a close frame. */
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

/** Ignores a trailing slash. */
function endpointOf(path: string): TelemetryEndpoint {
  const wanted = path.replace(/(?<=.)\/+$/, '');
  const found = Object.values(ENDPOINTS).find((endpoint) => endpoint.path === wanted);
  if (found === undefined) throw new RangeError(`The server has no path ${path}.`);
  return found;
}
