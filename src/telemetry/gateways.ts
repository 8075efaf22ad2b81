import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { ENDPOINTS } from './socket/telemetry-endpoint.js';
import { TelemetrySockets } from './socket/telemetry-sockets.js';

/** `ws /`: telemetry that is purged after `LOG_EXPIRY_H`. */
@WebSocketGateway({ path: ENDPOINTS.expiring.path })
export class ExpiringGateway implements OnGatewayConnection<WebSocket> {
  constructor(private readonly sockets: TelemetrySockets) {}

  handleConnection(client: WebSocket, request: IncomingMessage): void {
    this.sockets.open(client, request, ENDPOINTS.expiring);
  }
}

/** `ws /submit`: another name for `/`, which nodes of the public telemetry server use. */
@WebSocketGateway({ path: ENDPOINTS.submit.path })
export class SubmitGateway implements OnGatewayConnection<WebSocket> {
  constructor(private readonly sockets: TelemetrySockets) {}

  handleConnection(client: WebSocket, request: IncomingMessage): void {
    this.sockets.open(client, request, ENDPOINTS.submit);
  }
}

/** `ws /audit`: telemetry that is never purged. */
@WebSocketGateway({ path: ENDPOINTS.audit.path })
export class AuditGateway implements OnGatewayConnection<WebSocket> {
  constructor(private readonly sockets: TelemetrySockets) {}

  handleConnection(client: WebSocket, request: IncomingMessage): void {
    this.sockets.open(client, request, ENDPOINTS.audit);
  }
}
