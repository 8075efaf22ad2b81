import { type DynamicModule, Module, type ValueProvider } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { readSettings } from './read-settings.js';
import { Settings } from './settings.js';

/** Provides the validated {@link Settings}, and options of other modules, to every module. */
@Module({})
export class ConfigModule {
  /** @param others options of modules beside the settings: see their `options` */
  static forRoot(settings: Settings, others: readonly ValueProvider[] = []): DynamicModule {
    const providers = [{ provide: Settings, useValue: settings }, ...others];
    return {
      module: ConfigModule,
      global: true,
      providers,
      exports: providers,
    };
  }

  /**
   * Settings from the process environment and from the file `.env` in the working directory.
   *
   * @throws InvalidSettingsError see {@link readSettings}
   */
  static async readEnvironment(): Promise<Settings> {
    return readSettings(await ConfigModule.environment());
  }

  /** All variables of a file in dotenv format, if it exists, overridden by the process environment. */
  static async environment(path = '.env'): Promise<Record<string, unknown>> {
    return { ...(await readEnvFile(path)), ...process.env };
  }
}

async function readEnvFile(path: string): Promise<Record<string, string | undefined>> {
  try {
    return parseEnv(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
