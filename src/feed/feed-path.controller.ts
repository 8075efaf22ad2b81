import { Controller, Get } from '@nestjs/common';
import { type Problem, problem, WebSocketPath } from '../platform/http/index.js';

/** What plain HTTP gets where the feed is. */
@Controller()
export class FeedPathController {
  @Get('/feed')
  @WebSocketPath()
  upgradeRequired(): Problem {
    return problem(426, 'This path accepts WebSocket connections and sends live data to subscribers.');
  }
}
