import { Controller, Get, Header, HttpCode } from '@nestjs/common';
import { ApiExcludeEndpoint } from '@nestjs/swagger';

/** What plain HTTP gets where the feed is. OpenAPI has no word for WebSockets. */
@Controller()
export class FeedPathController {
  @Get('/feed')
  @ApiExcludeEndpoint()
  @HttpCode(426)
  @Header('Upgrade', 'websocket')
  @Header('Content-Type', 'application/problem+json')
  upgradeRequired(): object {
    return {
      type: 'about:blank',
      title: 'Upgrade Required',
      status: 426,
      detail: 'This path takes WebSockets, and sends live data to those who subscribe.',
    };
  }
}
