import { Controller, ForbiddenException, Get, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { AddressInfo } from 'node:net';
import { register } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { ConfigModule, readSettings } from '../config/index.js';
import { Open } from '../http/index.js';
import { AccessGuard, AccessModule, FeedGuard } from './index.js';

@Controller()
class Routes {
  @Get('closed')
  closed(): string {
    return 'closed';
  }

  @Get('open')
  @Open()
  open(): string {
    return 'open';
  }
}

/** Asks a service of its own, and may take its time for that. */
class NobodyOnMondays extends AccessGuard {
  override async check(): Promise<void> {
    await Promise.resolve();
    throw new ForbiddenException('It is Monday.');
  }
}

describe('the guards', () => {
  const settings = readSettings({ API_TOKENS: 'read:0123456789abcdef' });
  const testing = (): ReturnType<typeof Test.createTestingModule> => {
    register.clear();
    return Test.createTestingModule({
      imports: [ConfigModule.forRoot(settings), AccessModule],
      controllers: [Routes],
    });
  };

  it('can be replaced by those of a team, and open routes stay open', async () => {
    const module = await testing()
      .overrideProvider(AccessGuard)
      .useClass(NobodyOnMondays)
      .overrideProvider(FeedGuard)
      .useValue({ checkUpgrade: () => 418, needsToken: true, admits: () => false })
      .compile();
    expect(await answersOf(module.createNestApplication())).toEqual({ closed: 403, open: 200 });
    expect(module.get(FeedGuard).checkUpgrade({} as never)).toBe(418);
  });

  it('are those of API_TOKENS unless they are', async () => {
    const module = await testing().compile();
    expect(await answersOf(module.createNestApplication())).toEqual({ closed: 401, open: 200 });
  });
});

async function answersOf(app: INestApplication): Promise<Record<string, number>> {
  app.useLogger(false);
  const server = (await app.listen(0, '127.0.0.1')) as { address(): AddressInfo };
  const url = `http://127.0.0.1:${server.address().port.toString()}`;
  const [closed, open] = await Promise.all(['closed', 'open'].map((path) => fetch(`${url}/${path}`)));
  await app.close();
  return { closed: closed?.status ?? 0, open: open?.status ?? 0 };
}
