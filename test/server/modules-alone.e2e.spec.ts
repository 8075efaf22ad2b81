import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import * as entry from '../../src/index.js';

const settings = entry.readSettings({});
const appModule = entry.AppModule.forRoot(settings, 'postgres://127.0.0.1:1/none');

/** Every exported module, and whether it starts outside of the server. */
const MODULES: Record<string, { module: Type | DynamicModule; starts: boolean }> = {
  AppModule: { module: appModule, starts: false },
  ClientAddressModule: { module: entry.ClientAddressModule, starts: false },
  ConfigModule: { module: entry.ConfigModule.forRoot(settings), starts: true },
  PurgeRegistryModule: { module: entry.PurgeRegistryModule, starts: false },
};

async function start(module: Type | DynamicModule): Promise<void> {
  const app = await NestFactory.create(module, { logger: false, abortOnError: false });
  try {
    await app.init();
  } finally {
    await app.close();
  }
}

describe('an exported module in an application that the server did not start', () => {
  it('is listed here', () => {
    const exported = Object.keys(entry).filter((name) => name.endsWith('Module'));
    expect(exported.sort()).toEqual(Object.keys(MODULES));
  });

  it.each(Object.entries(MODULES))('%s starts, or names what to use', async (name, { module, starts }) => {
    if (starts) {
      await start(module);
      return;
    }
    await expect(start(module)).rejects.toThrow(
      new RegExp(`^${name} is a part of the server.*startServer\\(settings, \\{ imports`),
    );
  });

  it('is refused inside a module of a team too', async () => {
    @Module({ imports: [appModule] })
    class TeamModule {}

    await expect(start(TeamModule)).rejects.toThrow('AppModule is a part of the server');
  });
});
