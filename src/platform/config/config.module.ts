import { type DynamicModule, Module, type ValueProvider } from '@nestjs/common';
import { ConfigModule as NestConfigModule } from '@nestjs/config';
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
    let variables: Record<string, unknown> | undefined;
    await NestConfigModule.forRoot({
      envFilePath: path,
      validate: (environment) => (variables = environment),
    });
    if (variables === undefined) throw new Error('The environment was not read.');
    return variables;
  }
}
