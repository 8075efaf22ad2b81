import {
  Controller,
  ForbiddenException,
  Get,
  Inject,
  type INestApplication,
  Injectable,
  Module,
  type Type,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { AddressInfo } from 'node:net';
import { register } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { ConfigModule, readSettings } from '../config/index.js';
import { Open } from '../http/index.js';
import {
  AccessGuard,
  AccessModule,
  type AccessModuleOptions,
  FeedGuard,
  IncompleteFeedGuardError,
  TokenFeedGuard,
  TokenGuard,
} from './index.js';

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

@Injectable()
class Calendar {
  today(): Promise<string> {
    return Promise.resolve('Monday');
  }
}

@Module({ providers: [Calendar], exports: [Calendar] })
class CalendarModule {}

/** Asks a service of a team's own, and may take its time for that. */
@Injectable()
class NobodyOnMondays extends AccessGuard {
  constructor(private readonly calendar: Calendar) {
    super();
  }

  override async check(): Promise<void> {
    const day = await this.calendar.today();
    if (day === 'Monday') throw new ForbiddenException('It is Monday.');
  }
}

/** Has what TokenFeedGuard has, and decides otherwise. */
class TeapotGuard extends TokenFeedGuard {
  override checkUpgrade(): number {
    return 418;
  }
}

/** Guards both, and asks a service of a team's own about both. */
@Injectable()
class NobodyAtAllOnMondays extends NobodyOnMondays implements FeedGuard {
  readonly needsToken = false;

  checkUpgrade(): Promise<number | null> {
    return this.check().then(
      () => null,
      () => 403,
    );
  }

  admits(): boolean {
    return true;
  }
}

/** Has no method for the feed on its prototype. */
class FieldsAlone extends NobodyOnMondays implements FeedGuard {
  readonly needsToken = true;
  readonly checkUpgrade = (): null => null;
  readonly admits = (): boolean => false;
}

/** Asks for more than a token, over HTTP alone. */
class StricterTokenGuard extends TokenGuard {}

describe('the guards', () => {
  const settings = readSettings({ API_TOKENS: 'read:0123456789abcdef' });
  const testing = (options?: AccessModuleOptions): ReturnType<typeof Test.createTestingModule> => {
    register.clear();
    return Test.createTestingModule({
      imports: [ConfigModule.forRoot(settings), AccessModule.forRoot(options)],
      controllers: [Routes],
    });
  };

  it('can be replaced by guards of a team, and open routes stay open', async () => {
    const module = await testing({
      imports: [CalendarModule],
      guard: NobodyOnMondays,
      feedGuard: TeapotGuard,
    }).compile();
    expect(await answersOf(module.createNestApplication())).toEqual({ closed: 403, open: 200 });
    const feed = module.get(FeedGuard, { strict: false });
    expect([feed.checkUpgrade({} as never), feed.needsToken]).toEqual([418, true]);
  });

  it('use one guard of a team for both if it has the methods for the feed', async () => {
    const module = await testing({ imports: [CalendarModule], guard: NobodyAtAllOnMondays }).compile();
    const feed = module.get(FeedGuard, { strict: false });
    expect(feed).toBe(module.get(AccessGuard, { strict: false }));
    expect(await feed.checkUpgrade({} as never)).toBe(403);
  });

  it('of a team are rejected if they do not guard the feed', async () => {
    const imports = [CalendarModule];
    for (const guard of [NobodyOnMondays, StricterTokenGuard]) {
      await expect(testing({ imports, guard }).compile()).rejects.toThrow(IncompleteFeedGuardError);
      await testing({ imports, guard, feedGuard: TokenFeedGuard }).compile();
    }
  });

  it('of a team are rejected if one member of FeedGuard is missing', async () => {
    const broken = (part: Partial<Record<keyof FeedGuard, unknown>>): Type<NobodyAtAllOnMondays> => {
      class Broken extends NobodyAtAllOnMondays {
        constructor(calendar: Calendar) {
          super(calendar);
          for (const [name, value] of Object.entries(part)) Object.defineProperty(this, name, { value });
        }
      }
      Inject(Calendar)(Broken, undefined, 0);
      return Broken;
    };
    const parts = ['checkUpgrade', 'needsToken', 'admits'] as const;
    for (const name of parts) {
      const made = broken({ [name]: undefined });
      for (const options of [{ guard: made }, { guard: NobodyAtAllOnMondays, feedGuard: made }]) {
        const start = testing({ imports: [CalendarModule], ...options }).compile();
        await expect(start).rejects.toThrow(IncompleteFeedGuardError);
        await expect(start).rejects.toThrow('Broken cannot guard the live feed');
        await expect(start).rejects.toThrow(`has no ${name}. `);
      }
    }
    const late = broken({ needsToken: () => true });
    await expect(testing({ imports: [CalendarModule], guard: late }).compile()).rejects.toThrow(
      'has no needsToken. ',
    );
  });

  it('of a team may have the members of FeedGuard as fields', async () => {
    const module = await testing({ imports: [CalendarModule], guard: FieldsAlone }).compile();
    const feed = module.get(FeedGuard, { strict: false });
    expect([feed.checkUpgrade({} as never), feed.needsToken, feed.admits('any')]).toEqual([
      null,
      true,
      false,
    ]);
  });

  it('use API_TOKENS by default', async () => {
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
