import { Controller, Get, Header, HttpCode } from '@nestjs/common';
import { packageInfo } from '../../config/index.js';

/** What plain HTTP gets where nodes open their sockets. */
@Controller()
export class TelemetryPathsController {
  @Get('/')
  about(): object {
    return {
      name: packageInfo.name,
      version: packageInfo.version,
      description: packageInfo.description,
      telemetry: {
        '/': "ws: telemetry that expires. Start a node with --telemetry-url 'ws://HOST:PORT 5'",
        '/audit': 'ws: telemetry that is never purged',
        '/submit': 'ws: another name for /',
      },
      http: ['/nodes', '/nodes/logs?peer_id=', '/metrics', '/health/live', '/health/ready'],
    };
  }

  @Get(['/audit', '/submit'])
  @HttpCode(426)
  @Header('Upgrade', 'websocket')
  @Header('Content-Type', 'application/problem+json')
  upgradeRequired(): object {
    return {
      type: 'about:blank',
      title: 'Upgrade Required',
      status: 426,
      detail: "This path takes WebSockets. Point a node here with --telemetry-url 'ws://HOST:PORT/PATH 5'.",
    };
  }
}
