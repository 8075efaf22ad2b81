import { Controller, Get } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { packageInfo } from '../platform/config/index.js';
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
} from '../platform/http/index.js';

/** The server and its paths, for clients without a WebSocket. */
export class About {
  @ApiString('', { example: 'tetcore-analytics' })
  name!: string;

  @ApiString('', { example: '0.2.0' })
  version!: string;

  @ApiString('', { example: 'Keeps the telemetry of nodes.' })
  description!: string;

  @ApiObject('The WebSocket paths and their purposes.', {
    example: { '/audit': 'ws: telemetry that is never purged' },
  })
  telemetry!: object;

  @ApiStringList('Further paths.', { example: ['/docs'] })
  http!: string[];
}

/** HTTP responses on the paths of telemetry. */
@ApiTags('Server')
@Controller()
export class TelemetryPathsController {
  @Get('/')
  @Open()
  @BeforeStart()
  @ApiOperation({ operationId: 'getAbout', summary: 'Describe the server' })
  @ApiExtraModels(About)
  @ApiOkResponse({
    description: 'Name, version and paths, as JSON or as a page, by the header Accept.',
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
      "This path accepts WebSockets only. Start a node with --telemetry-url 'ws://HOST:PORT/PATH 5'.",
    );
  }
}
