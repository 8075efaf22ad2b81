// Writes docs/openapi.json from the controllers, as they are built.
import { NestFactory } from '@nestjs/core';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { AppModule } from '../dist/app.module.js';
import { readSettings } from '../dist/platform/config/index.js';
import { BoundedHttpAdapter } from '../dist/platform/http-server/index.js';
import { openApiDocument } from '../dist/platform/openapi/index.js';

const module = AppModule.forRoot(readSettings({}), 'postgres://127.0.0.1/none');
const app = await NestFactory.create(module, new BoundedHttpAdapter(), { logger: false });
const path = resolve(import.meta.dirname, '../docs/openapi.json');
const text = JSON.stringify(openApiDocument(app));
await writeFile(path, await format(text, { ...(await resolveConfig(path)), parser: 'json' }));
