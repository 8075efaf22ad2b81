import { createConfig, lint } from '@redocly/openapi-core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFile } from 'node:fs/promises';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';

const DOCUMENT = new URL('../../docs/openapi.json', import.meta.url);
const SCHEMA = new URL('../../src/client/schema.ts', import.meta.url);

async function kept(): Promise<OpenAPIObject> {
  return JSON.parse(await readFile(DOCUMENT, 'utf8')) as OpenAPIObject;
}

describe('the OpenAPI document', () => {
  it('in the repository is the one that the server returns: npm run docs', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const answer = await server.get('/openapi.json');
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await answer.json()).toEqual(await kept());
  });

  it('passes a linter without a warning', async () => {
    const config = await createConfig({ extends: ['recommended-strict'] });
    const problems = await lint({ ref: DOCUMENT.pathname, config });
    expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual(
      [],
    );
  });

  it('documents every parameter and field, by a description or an example', async () => {
    const { paths, components } = await kept();
    const bare: string[] = [];
    for (const [path, item] of Object.entries(paths)) {
      for (const operation of Object.values(
        item as Record<string, { parameters?: Described[]; description?: string }>,
      )) {
        for (const parameter of operation.parameters ?? []) {
          if (!isDescribed(parameter)) bare.push(`${path} ${parameter.name ?? ''}`);
        }
      }
    }
    for (const [name, schema] of Object.entries(components?.schemas ?? {})) {
      for (const [field, property] of Object.entries(
        (schema as { properties?: Record<string, Described> }).properties ?? {},
      )) {
        if (!isDescribed(property)) bare.push(`${name}.${field}`);
      }
    }
    expect(bare).toEqual([]);
  });

  it('gives every integer a format that holds its bounds', async () => {
    const wrong: unknown[] = [];
    eachSchema(await kept(), (schema, path) => {
      if (![schema.type].flat().includes('integer')) return;
      const { format, minimum = 0, maximum = 0 } = schema;
      const isSmall = minimum >= -(2 ** 31) && maximum < 2 ** 31;
      if (format !== 'int64' && !(format === 'int32' && isSmall)) wrong.push([path, format, maximum]);
    });
    expect(wrong).toEqual([]);
  });

  it('closes the schema of every body, and has the statuses of bodies where there is one', async () => {
    const { paths, components } = await kept();
    const operations = Object.values(paths).flatMap((item) =>
      Object.values(item as Record<string, Operation>),
    );
    const bodies = operations.filter(({ requestBody }) => requestBody !== undefined);
    expect(bodies.length).toBeGreaterThan(4);
    for (const operation of operations) {
      const hasBody = bodies.includes(operation);
      const statuses = Object.keys(operation.responses);
      expect([operation.operationId, ...statuses]).toEqual(expect.arrayContaining(['400', '503']));
      for (const status of ['413', '415']) {
        expect([operation.operationId, status, statuses.includes(status)]).toEqual([
          operation.operationId,
          status,
          hasBody,
        ]);
      }
      if (!hasBody) continue;
      const { required, content } = operation.requestBody ?? {};
      const name = content?.['application/json']?.schema.$ref?.split('/').at(-1) ?? '';
      expect([name, required]).toEqual([name, true]);
      expect(components?.schemas?.[name]).toMatchObject({ additionalProperties: false });
    }
  });

  it('requires a benchmark_spec or a setup of a new benchmark, as the server does', async () => {
    const { components } = await kept();
    const validate = new Ajv2020({ strict: false }).compile(components?.schemas?.BenchmarkBody ?? {});
    for (const [body, isValid] of [
      [{ setup: {} }, true],
      [{ benchmark_spec: {}, setup: null }, true],
      [{}, false],
      [{ setup: null }, false],
      [{ benchmark_spec: null, description: 'x' }, false],
      [{ setup: {}, other: 1 }, false],
    ] as const) {
      expect([body, validate(body)]).toEqual([body, isValid]);
    }
  });

  it('is the source of the client in the repository: npm run client:generate', async () => {
    const generated = COMMENT_HEADER + astToString(await openapiTS(DOCUMENT));
    expect(await readFile(SCHEMA, 'utf8')).toBe(generated);
  });

  it('can be read and tried at /docs, without external resources', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    for (const path of ['/docs', '/docs/']) {
      const page = await (await server.get(path)).text();
      expect(page).toContain('swagger-ui');
      expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
      for (const [, asset = ''] of page.matchAll(/(?:src|href)="([^"]+)"/g)) {
        expect([asset, (await fetch(new URL(asset, server.http + path))).status]).toEqual([asset, 200]);
      }
    }
  });
});

interface Operation {
  operationId: string;
  responses: object;
  requestBody?: { required: boolean; content: Record<string, { schema: { $ref?: string } }> };
}

interface Schema {
  type?: string | string[];
  format?: string;
  minimum?: number;
  maximum?: number;
}

/** Calls for every object in a document. */
function eachSchema(value: unknown, call: (schema: Schema, path: string) => void, path = ''): void {
  if (typeof value !== 'object' || value === null) return;
  call(value, path);
  for (const [name, inner] of Object.entries(value)) eachSchema(inner, call, `${path}/${name}`);
}

interface Described {
  name?: string;
  description?: string;
  example?: unknown;
  $ref?: string;
  allOf?: unknown;
  schema?: Described;
}

function isDescribed({ description, example, schema, $ref, allOf }: Described): boolean {
  return [description, example, $ref, allOf, schema?.description].some(
    (one) => one !== undefined && one !== '',
  );
}
