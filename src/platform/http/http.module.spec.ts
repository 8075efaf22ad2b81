import { Controller, Get, type INestApplication, Post, Query } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { AddressInfo } from 'node:net';
import { register } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccessModule } from '../access/index.js';
import { ConfigModule, readSettings } from '../config/index.js';
import { Lifecycle, LifecycleModule } from '../lifecycle/index.js';
import { AnyQuery, BeforeStart, HttpModule, JsonText } from './index.js';

const DIGITS = '{"id": 12345678901234567890}';

@Controller()
class Routes {
  @Get('plain')
  plain(): string {
    return 'plain';
  }

  @Get('early')
  @BeforeStart()
  early(): string {
    return 'early';
  }

  @Get('named')
  named(@Query('name') name: string): string {
    return name;
  }

  @Get('any')
  @AnyQuery()
  any(): string {
    return 'any';
  }

  @Post('made')
  made(): JsonText {
    return new JsonText(DIGITS, '/made/1');
  }
}

describe('a route', () => {
  let app: INestApplication;
  let url: string;

  async function begin(apiTokens: string): Promise<void> {
    register.clear();
    const settings = readSettings({ API_TOKENS: apiTokens });
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(settings), LifecycleModule, AccessModule.forRoot(), HttpModule],
      controllers: [Routes],
    }).compile();
    app = module.createNestApplication({ logger: false });
    const server = (await app.listen(0, '127.0.0.1')) as { address(): AddressInfo };
    url = `http://127.0.0.1:${server.address().port.toString()}`;
  }

  const statusOf = async (path: string): Promise<number> => (await fetch(url + path)).status;

  beforeEach(async () => {
    await begin('');
  });

  afterEach(async () => {
    await app.close();
  });

  it('returns 503 before the start, unless it is marked with BeforeStart', async () => {
    expect([await statusOf('/plain'), await statusOf('/early')]).toEqual([503, 200]);
    app.get(Lifecycle).run();
    expect([await statusOf('/plain'), await statusOf('/early')]).toEqual([200, 200]);
  });

  it('checks access before anything else', async () => {
    await app.close();
    await begin('read:0123456789abcdef');
    expect([await statusOf('/plain'), await statusOf('/early?a=1')]).toEqual([401, 401]);
  });

  it('rejects query parameters if it declares none', async () => {
    app.get(Lifecycle).run();
    const refused = await fetch(`${url}/plain?toString=1&b=2`);
    expect([refused.status, refused.headers.get('content-type')]).toEqual([
      400,
      'application/problem+json; charset=utf-8',
    ]);
    expect(await refused.json()).toMatchObject({
      detail: 'toString is unknown; known are: none. b is unknown; known are: none.',
      errors: [
        { parameter: 'toString', detail: 'is unknown; known are: none' },
        { parameter: 'b', detail: 'is unknown; known are: none' },
      ],
    });
    expect([await statusOf('/named?name=a&b=2'), await statusOf('/any?b=2')]).toEqual([200, 200]);
  });

  it('sends JSON text unchanged, with its location', async () => {
    app.get(Lifecycle).run();
    const made = await fetch(`${url}/made`, { method: 'POST' });
    expect([made.status, made.headers.get('location'), made.headers.get('content-type')]).toEqual([
      201,
      '/made/1',
      'application/json; charset=utf-8',
    ]);
    expect(await made.text()).toBe(DIGITS);
  });
});
