import { type DynamicModule, Module, type ValueProvider } from '@nestjs/common';
import { ConfigModule as NestConfigModule } from '@nestjs/config';
import { readSettings } from './read-settings.js';
import { Settings } from './settings.js';

/** Provides the validated {@link Settings}, and what else is said from outside, to every module. */
@Module({})
export class ConfigModule {
  /** @param others what modules are told beside the settings: see their `options` */
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
   * Settings from the process's environment and, beneath it, from the file `.env` in the working directory.
   *
   * @throws InvalidSettingsError see {@link readSettings}
   */
  static async readEnvironment(): Promise<Settings> {
    return readSettings(await ConfigModule.environment());
  }

  /** All variables of the process's environment and, beneath it, of the file `.env` in the working directory. */
  static async environment(): Promise<Record<string, unknown>> {
    let variables: Record<string, unknown> | undefined;
    await NestConfigModule.forRoot({
      validate: (environment) => (variables = environment),
    });
    if (variables === undefined) throw new Error('The environment was not read.');
    return variables;
  }
}
