import { type OnGatewayConnection, type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { WebSocket, WebSocketServer } from 'ws';
import { FeedGuard } from '../access/index.js';
import { problem } from '../http/index.js';
import { MAX_INBOUND_BYTES, MAX_SOCKETS } from './feed-limits.js';
import { FeedSockets } from './socket/feed-sockets.js';

/** `ws /feed`: live data for dashboards. */
@WebSocketGateway({ path: '/feed', maxPayload: MAX_INBOUND_BYTES, maxSockets: MAX_SOCKETS })
export class FeedGateway implements OnGatewayInit<WebSocketServer>, OnGatewayConnection<WebSocket> {
  constructor(
    private readonly sockets: FeedSockets,
    private readonly guard: FeedGuard,
  ) {}

  afterInit(server: WebSocketServer): void {
    server.options.verifyClient = ({ req }, answer) => {
      const status = this.guard.checkUpgrade(req);
      if (status === null) answer(true);
      else answer(false, status, ...refusal(status));
    };
  }

  handleConnection(client: WebSocket, request: IncomingMessage): void {
    this.sockets.open(client, request);
  }
}

function refusal(status: number): [string, Record<string, string>] {
  const body = problem(status, 'Pages of this origin may not use the live feed: CORS_ORIGINS.');
  return [JSON.stringify(body), { 'Content-Type': 'application/problem+json' }];
}
