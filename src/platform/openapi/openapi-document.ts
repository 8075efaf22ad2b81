import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { DEFAULT_JSON_MAX_ROWS, packageInfo, Settings } from '../config/index.js';
import { conditionsOf, problemResponse } from '../http/index.js';
import { DESCRIPTION } from './description.js';

/** The name of the security scheme. */
export const TOKEN = 'token';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/**
 * Adds the optional token and the responses 401, 403 and 421 to every route that is not open.
 */
function withAccess(document: OpenAPIObject): OpenAPIObject {
  const refusals = { 401: problemResponse(401), 403: problemResponse(403), 421: problemResponse(421) };
  for (const operation of operationsOf(document)) {
    if (operation.security === undefined) Object.assign(operation.responses, refusals);
  }
  return { ...document, security: document.security ?? [{ [TOKEN]: [] }, {}] };
}

/** Closes the schemas of bodies, since the server rejects unknown fields, and adds conditions between their fields. */
function withClosedBodies(document: OpenAPIObject): OpenAPIObject {
  const schemas = document.components?.schemas ?? {};
  for (const operation of operationsOf(document)) {
    for (const { schema } of Object.values(contentOf(operation))) {
      const name = schema !== undefined && '$ref' in schema ? schema.$ref.split('/').at(-1) : undefined;
      if (name === undefined || schemas[name] === undefined) continue;
      Object.assign(schemas[name], { additionalProperties: false }, conditionsOf(name));
    }
  }
  return document;
}

function contentOf({ requestBody }: Operation): Record<string, { schema?: Schema }> {
  return requestBody !== undefined && 'content' in requestBody ? requestBody.content : {};
}

/** Sets the highest limit of lists, which is a setting. */
function withRowLimit(document: OpenAPIObject, maxRows: number): OpenAPIObject {
  for (const { parameters = [] } of operationsOf(document)) {
    for (const parameter of parameters) {
      const schema = 'schema' in parameter ? parameter.schema : undefined;
      if (schema !== undefined && 'maximum' in schema && schema.maximum === DEFAULT_JSON_MAX_ROWS) {
        schema.maximum = maxRows;
      }
    }
  }
  return document;
}

function operationsOf({ paths }: OpenAPIObject): Operation[] {
  return Object.values(paths).flatMap((item) => Object.values(item as Record<string, Operation>));
}

/**
 * Changes the head of the document: `builder.setTitle('Ours').addServer('https://example.org')`. Its servers and its
 * security requirements replace those of ours.
 */
export type DescribeApi = (builder: DocumentBuilder) => unknown;

function head(describe: DescribeApi | undefined): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Tetcore Analytics')
    .setVersion(packageInfo.version)
    .setDescription(DESCRIPTION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addTag('Nodes', 'Nodes and their connections.')
    .addTag('Messages', 'Messages that nodes sent.')
    .addTag('Insight', 'What happened to chains and nodes, and when.')
    .addTag('Reputation', 'Reputations that nodes report of their peers.')
    .addTag('Benchmarks', 'Benchmark runs of a node on a host system, and their profiles.')
    .addTag('Network', 'Current state of the connected nodes.')
    .addTag('Server', 'The server itself.');
  describe?.(builder);
  const { servers = [], security } = builder.build();
  if (servers.length === 0) builder.addServer('/', 'This server.');
  if (security === undefined) {
    const description = 'One of `API_TOKENS`, if the server has any.';
    builder.addSecurity(TOKEN, { type: 'http', scheme: 'bearer', description });
  }
  return builder.build();
}

/** The OpenAPI 3.1 document of all routes, as their controllers declare them. */
export function openApiDocument(app: INestApplication, describe?: DescribeApi): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, head(describe), {
    operationIdFactory: (_controller, method) => method,
  });
  return withRowLimit(withClosedBodies(withAccess(document)), app.get(Settings).JSON_MAX_ROWS);
}

/** Serves `GET /openapi.json`, and Swagger UI at `/docs`. */
export function setUpOpenApi(app: NestExpressApplication, describe?: DescribeApi): void {
  let document: OpenAPIObject | undefined;
  SwaggerModule.setup('docs', app, () => (document ??= openApiDocument(app, describe)), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: `${head(describe).info.title}: API`,
  });
}
