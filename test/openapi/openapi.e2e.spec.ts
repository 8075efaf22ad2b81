import { createConfig, lint } from '@redocly/openapi-core';
import type { OpenAPIObject } from '@nestjs/swagger';
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
