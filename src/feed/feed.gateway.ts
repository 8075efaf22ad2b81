import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { MAX_INBOUND_BYTES, MAX_SOCKETS } from './feed-limits.js';
import { FeedSockets } from './socket/feed-sockets.js';

/** `ws /feed`: live data for dashboards. */
@WebSocketGateway({ path: '/feed', maxPayload: MAX_INBOUND_BYTES, maxSockets: MAX_SOCKETS })
export class FeedGateway implements OnGatewayConnection<WebSocket> {
  constructor(private readonly sockets: FeedSockets) {}

  handleConnection(client: WebSocket, request: IncomingMessage): void {
    this.sockets.open(client, request);
  }
}
