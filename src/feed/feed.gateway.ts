import { type OnGatewayConnection, type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { WebSocket, WebSocketServer } from 'ws';
import { FeedGuard } from '../access/index.js';
import { problem } from '../http/index.js';
import { MAX_INBOUND_BYTES } from './feed-limits.js';
import { FeedSockets } from './socket/feed-sockets.js';

/** `ws /feed`: live data for dashboards. */
@WebSocketGateway({ path: '/feed', maxPayload: MAX_INBOUND_BYTES })
export class FeedGateway implements OnGatewayInit<WebSocketServer>, OnGatewayConnection<WebSocket> {
  constructor(
    private readonly sockets: FeedSockets,
    private readonly guard: FeedGuard,
  ) {}

  afterInit(server: WebSocketServer): void {
    // Asked by the WebSocket adapter, which refuses.
    Object.assign(server.options, { isFull: () => this.sockets.areFull });
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
