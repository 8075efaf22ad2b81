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
    .addServer('/', 'The server that this comes from.')
    .addTag('Nodes', 'Who reports here, and since when.')
    .addTag('Messages', 'What nodes said.')
    .addTag('Reputation', 'What nodes think of their peers.')
    .addTag('Benchmarks', 'Runs of a node on a host system, to be compared by its telemetry.')
    .addTag('Network', 'The nodes that are connected, as they are now.')
    .addTag('Server', 'About the server itself.')
    .addSecurity(TOKEN, {
      type: 'http',
      scheme: 'bearer',
      description: 'One of `API_TOKENS`, where the server has any.',
    })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
  });
  return withAccess(document);
}
