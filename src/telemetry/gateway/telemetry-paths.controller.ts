import { Controller, Get } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { packageInfo } from '../../platform/config/index.js';
import {
  ApiProblems,
  BeforeStart,
  ApiObject,
  Open,
  type Problem,
  problem,
  ApiStringList,
  ApiString,
  WebSocketPath,
} from '../../platform/http/index.js';

/** What is here, for whoever comes without a WebSocket. */
export class About {
  @ApiString('', { example: 'tetcore-analytics' })
  name!: string;

  @ApiString('', { example: '0.2.0' })
  version!: string;

  @ApiString('', { example: 'Keeps the telemetry of nodes.' })
  description!: string;

  @ApiObject('The WebSocket paths, and what each is for.', {
    example: { '/audit': 'ws: telemetry that stays' },
  })
  telemetry!: object;

  @ApiStringList('Where to go on.', { example: ['/docs'] })
  http!: string[];
}

/** What plain HTTP gets where nodes open their sockets. */
@ApiTags('Server')
@Controller()
export class TelemetryPathsController {
  @Get('/')
  @Open()
  @BeforeStart()
  @ApiOperation({ operationId: 'getAbout', summary: 'What is here' })
  @ApiExtraModels(About)
  @ApiOkResponse({
    description: 'Name, version and paths; the same as a page where the client would rather have HTML.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(About) } },
      'text/html': { schema: { type: 'string' } },
    },
  })
  @ApiProblems(400)
  getAbout(): About {
    return {
      name: packageInfo.name,
      version: packageInfo.version,
      description: packageInfo.description,
      telemetry: {
        '/': "ws: telemetry that expires. Start a node with --telemetry-url 'ws://HOST:PORT 5'",
        '/audit': 'ws: telemetry that is never purged',
        '/submit': 'ws: another name for /',
      },
      http: ['/dashboard/', '/docs', '/openapi.json', '/nodes', '/metrics', '/health/live', '/health/ready'],
    };
  }

  @Get(['/audit', '/submit'])
  @WebSocketPath()
  upgradeRequired(): Problem {
    return problem(
      426,
      "This path takes WebSockets. Point a node here with --telemetry-url 'ws://HOST:PORT/PATH 5'.",
    );
  }
}
