import { Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { Browsers } from '../platform/access/index.js';
import { ClientAddresses } from '../platform/client-address/index.js';
import { Settings } from '../platform/config/index.js';
import { Lifecycle } from '../platform/lifecycle/index.js';
import { SocketMemory } from '../platform/sockets/index.js';
import {
  AllowedAddresses,
  BlockedAddresses,
  NewSocketLimit,
  OpenSocketCount,
  type UpgradeRefusal,
} from './admission.js';
import { ENDPOINTS } from './socket/telemetry-endpoint.js';
import { TelemetryMetrics } from './telemetry.metrics.js';

const NODE_PATHS: ReadonlySet<string> = new Set(Object.values(ENDPOINTS).map(({ path }) => path));

/** Nodes reconnect after 5 s at the earliest. */
const SOON_S = 5;
/** An address with too many sockets is not likely to have fewer soon. */
const LATER_S = 60;

/** Decides before the handshake whether a socket may be opened. A team can give TelemetryModule a guard of its own. */
@Injectable()
export class UpgradeGuard {
  private readonly logger = new Logger(UpgradeGuard.name);

  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly settings: Settings,
    private readonly addresses: ClientAddresses,
    private readonly allowed: AllowedAddresses,
    private readonly blocked: BlockedAddresses,
    private readonly sockets: OpenSocketCount,
    private readonly newSockets: NewSocketLimit,
    private readonly memory: SocketMemory,
    private readonly metrics: TelemetryMetrics,
    private readonly browsers: Browsers,
  ) {}

  /**
   * Called once for each handshake, in the turn of the event loop in which the socket is opened.
   *
   * @param path of a gateway, without query and trailing slash
   * @returns the refusal, or null to accept
   */
  check(request: IncomingMessage, path: string): UpgradeRefusal | null {
    if (!this.lifecycle.running) return { status: 503, reason: 'not_running', retryAfterS: SOON_S };
    if (this.memory.isShort) return { status: 503, reason: 'memory_limit', retryAfterS: SOON_S };
    if (NODE_PATHS.has(path)) return this.checkNode(request);
    return this.browsers.allowsHost(request) ? null : { status: 421, reason: 'host_not_allowed' };
  }

  /** Counts and logs a refused handshake, of this guard or of an unknown path. */
  refused(request: IncomingMessage, { status, reason }: UpgradeRefusal): void {
    this.metrics.upgradeRefused(status, reason);
    this.logger.debug(`Refused ${this.addresses.of(request).address}: ${reason}.`);
  }

  private checkNode(request: IncomingMessage): UpgradeRefusal | null {
    if (!this.browsers.allowsTelemetry(request)) return { status: 403, reason: 'origin_not_allowed' };
    const client = this.addresses.of(request);
    if (!this.allowed.has(client)) return { status: 403, reason: 'address_not_allowed' };
    const blockedS = this.blocked.leftS(client.address);
    if (blockedS > 0) return { status: 429, reason: 'address_blocked', retryAfterS: blockedS };
    const { TELEMETRY_MAX_CONNECTIONS: max, TELEMETRY_MAX_CONNECTIONS_PER_IP: ofAddress } = this.settings;
    if (ofAddress > 0 && this.sockets.of(client.address) >= ofAddress) {
      return { status: 429, reason: 'too_many_of_address', retryAfterS: LATER_S };
    }
    if (this.sockets.total >= max) return { status: 503, reason: 'too_many', retryAfterS: SOON_S };
    return this.newSockets.tryAcquire()
      ? null
      : { status: 503, reason: 'too_many_at_once', retryAfterS: SOON_S };
  }
}
