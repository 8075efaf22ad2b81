import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { packageInfo } from '../config/index.js';
import { problemResponse } from '../http/index.js';
import { DESCRIPTION } from './description.js';

/** The name of the security scheme. */
export const TOKEN = 'token';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/**
 * Adds the optional token and the responses 401, 403 and 421 to every route that is not open.
 */
function withAccess(document: OpenAPIObject): OpenAPIObject {
  const refusals = { 401: problemResponse(401), 403: problemResponse(403), 421: problemResponse(421) };
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item as Record<string, Operation>)) {
      if (operation.security === undefined) Object.assign(operation.responses, refusals);
    }
  }
  return { ...document, security: [{ [TOKEN]: [] }, {}] };
}

/** The OpenAPI 3.1 document of all routes, as their controllers declare them. */
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

/** Serves `GET /openapi.json`, and Swagger UI at `/docs`. */
export function setUpOpenApi(app: NestExpressApplication): void {
  let document: OpenAPIObject | undefined;
  SwaggerModule.setup('docs', app, () => (document ??= openApiDocument(app)), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Tetcore Analytics: API',
  });
}
