import { Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { Browsers } from '../../platform/access/index.js';
import { ClientAddresses } from '../../platform/client-address/index.js';
import { Settings } from '../../platform/config/index.js';
import { Lifecycle } from '../../platform/lifecycle/index.js';
import { SocketMemory } from '../../platform/sockets/index.js';
import { AllowedAddresses } from '../admission/allowed-addresses.js';
import { BlockedAddresses } from '../admission/blocked-addresses.js';
import { NewSocketsBudget } from '../admission/new-sockets-budget.js';
import { OpenSocketsCount } from '../admission/open-sockets-count.js';
import type { Refusal } from '../admission/refusal.js';
import { ENDPOINTS } from '../socket/telemetry-endpoint.js';
import { TelemetryMetrics } from '../telemetry.metrics.js';

const NODE_PATHS: ReadonlySet<string> = new Set(Object.values(ENDPOINTS).map(({ path }) => path));

/** Nodes redial after 5 s at the earliest. */
const SOON_S = 5;
/** An address that has too many sockets is not likely to have fewer at once. */
const LATER_S = 60;

/** Decides, before the handshake, whether a socket may be opened. To decide otherwise give TelemetryModule another one. */
@Injectable()
export class UpgradeGuard {
  private readonly logger = new Logger(UpgradeGuard.name);

  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly settings: Settings,
    private readonly addresses: ClientAddresses,
    private readonly allowed: AllowedAddresses,
    private readonly blocked: BlockedAddresses,
    private readonly sockets: OpenSocketsCount,
    private readonly budget: NewSocketsBudget,
    private readonly memory: SocketMemory,
    private readonly metrics: TelemetryMetrics,
    private readonly browsers: Browsers,
  ) {}

  /**
   * Called once for a handshake, in the turn of the event loop in which its socket is then opened.
   *
   * @param path of a gateway, without query and trailing slash
   * @returns what to refuse with, or null to let in
   */
  check(request: IncomingMessage, path: string): Refusal | null {
    if (!this.lifecycle.running) return { status: 503, reason: 'not_running', retryAfterS: SOON_S };
    if (this.memory.isShort) return { status: 503, reason: 'memory_limit', retryAfterS: SOON_S };
    if (NODE_PATHS.has(path)) return this.checkNode(request);
    return this.browsers.allowsHost(request) ? null : { status: 421, reason: 'host_not_allowed' };
  }

  /** Takes note of a handshake that was refused, here or because there is nothing on its path. */
  refused(request: IncomingMessage, { status, reason }: Refusal): void {
    this.metrics.upgradeRefused(status, reason);
    this.logger.debug(`Refused ${this.addresses.of(request).address}: ${reason}.`);
  }

  private checkNode(request: IncomingMessage): Refusal | null {
    if (!this.browsers.allowsTelemetry(request)) return { status: 403, reason: 'origin_not_allowed' };
    const client = this.addresses.of(request);
    if (!this.allowed.has(client)) return { status: 403, reason: 'address_not_allowed' };
    const blockedS = this.blocked.leftS(client.address);
    if (blockedS > 0) return { status: 429, reason: 'address_blocked', retryAfterS: blockedS };
    const { TELEMETRY_MAX_CONNECTIONS: most, TELEMETRY_MAX_CONNECTIONS_PER_IP: ofAddress } = this.settings;
    if (ofAddress > 0 && this.sockets.of(client.address) >= ofAddress) {
      return { status: 429, reason: 'too_many_of_address', retryAfterS: LATER_S };
    }
    if (this.sockets.total >= most) return { status: 503, reason: 'too_many', retryAfterS: SOON_S };
    return this.budget.spend() ? null : { status: 503, reason: 'too_many_at_once', retryAfterS: SOON_S };
  }
}
