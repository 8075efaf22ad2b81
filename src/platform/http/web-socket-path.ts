import { applyDecorators, Header, HttpCode } from '@nestjs/common';
import { ApiExcludeEndpoint } from '@nestjs/swagger';
import { AnyQuery } from './declared-query.interceptor.js';
import { Open } from './open.js';
import { BeforeStart } from './started.guard.js';

/** Of a route that plain HTTP gets where WebSockets are opened. It is described in prose: OpenAPI has no word for it. */
export function WebSocketPath(): MethodDecorator {
  return applyDecorators(
    ApiExcludeEndpoint(),
    Open(),
    BeforeStart(),
    AnyQuery(),
    HttpCode(426),
    Header('Upgrade', 'websocket'),
    Header('Content-Type', 'application/problem+json'),
  );
}
