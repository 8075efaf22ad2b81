import { Controller, Get } from '@nestjs/common';
import { type OnGatewayConnection, type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { WebSocket, WebSocketServer } from 'ws';
import { type Problem, problem, WebSocketPath } from '../platform/http/index.js';
import { MAX_INBOUND_BYTES } from './feed-limits.js';
import { Handshakes } from './socket/auth-handshake.js';
import { FeedSockets } from './socket/feed-sockets.js';

/** The response to plain HTTP on the path of the feed. */
@Controller()
export class FeedPathController {
  @Get('/feed')
  @WebSocketPath()
  upgradeRequired(): Problem {
    return problem(426, 'This path accepts WebSocket connections and sends live data to subscribers.');
  }
}

/** `ws /feed`: live data for dashboards. */
@WebSocketGateway({ path: '/feed', maxPayload: MAX_INBOUND_BYTES })
export class FeedGateway implements OnGatewayInit<WebSocketServer>, OnGatewayConnection<WebSocket> {
  constructor(
    private readonly sockets: FeedSockets,
    private readonly handshakes: Handshakes,
  ) {}

  afterInit(server: WebSocketServer): void {
    // Read by the WebSocket adapter, which then refuses handshakes.
    Object.assign(server.options, { isFull: () => this.sockets.areFull });
    server.options.verifyClient = ({ req }, done) => {
      void this.handshakes
        .check(req, () => this.sockets.areFull)
        .then((status) => {
          if (status === null) done(true);
          else done(false, status, ...refusal(status));
        });
    };
  }

  handleConnection(client: WebSocket, request: IncomingMessage): void {
    this.sockets.open(client, request);
  }
}

const REASONS: Record<number, string> = {
  401: 'The handshake lacks what the live feed requires.',
  403: 'This origin is not allowed to use the live feed. See CORS_ORIGINS.',
  503: 'The live feed is not available. Retry later.',
};

function refusal(status: number): [string, Record<string, string>] {
  const body = problem(status, REASONS[status] ?? 'The live feed refused this request.');
  const retry = status === 503 ? { 'Retry-After': '5' } : {};
  return [JSON.stringify(body), { 'Content-Type': 'application/problem+json', ...retry }];
}
