import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { packageInfo } from '../config/index.js';
import { TOKEN, withAccess } from './access.js';
import { DESCRIPTION } from './description.js';

/** Describes every route of a server, as its controllers declare them: OpenAPI 3.1. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Tetcore Analytics')
    .setVersion(packageInfo.version)
    .setDescription(DESCRIPTION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/', 'This server.')
    .addTag('Nodes', 'Nodes and their connections.')
    .addTag('Messages', 'Messages that nodes sent.')
    .addTag('Reputation', 'Reputations that nodes report of their peers.')
    .addTag('Benchmarks', 'Benchmark runs of a node on a host system, and their profiles.')
    .addTag('Network', 'Current state of the connected nodes.')
    .addTag('Server', 'The server itself.')
    .addSecurity(TOKEN, {
      type: 'http',
      scheme: 'bearer',
      description: 'One of `API_TOKENS`, if the server has any.',
    })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
  });
  return withAccess(document);
}
