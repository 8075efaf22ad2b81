import { type DynamicModule, Module, type ValueProvider } from '@nestjs/common';
import { ConfigModule as NestConfigModule } from '@nestjs/config';
import { type EnvFile, readEnvFile } from './env-file.js';
import { type NearMiss, nearMisses, REFUSED } from './near-misses.js';
import { InvalidSettingsError, readSettings } from './read-settings.js';
import { Settings } from './settings.js';

const ENV_FILE = '.env';

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
    return readSettings(await ConfigModule.environment(), ConfigModule.envFile());
  }

  /**
   * The same for a server, which must not run with less protection than intended.
   *
   * @returns also what looks like a setting and is not read: a line for each
   * @throws InvalidSettingsError also for what looks like a setting that protects the server
   */
  static async readForStart(): Promise<{ settings: Settings; warnings: string[] }> {
    return settingsForStart(await ConfigModule.environment(), ConfigModule.envFile());
  }

  /** The file `.env` in the working directory, as it is written. */
  static envFile(): EnvFile {
    return readEnvFile(ENV_FILE);
  }

  /** All variables of a file in dotenv format, if it exists, overridden by the process environment. */
  static async environment(path = ENV_FILE): Promise<Record<string, unknown>> {
    let variables: Record<string, unknown> | undefined;
    await NestConfigModule.forRoot({
      envFilePath: path,
      validate: (environment) => (variables = environment),
    });
    if (variables === undefined) throw new Error('The environment was not read.');
    return variables;
  }
}

/** See {@link ConfigModule.readForStart}. */
export function settingsForStart(
  environment: Record<string, unknown>,
  file: EnvFile,
): { settings: Settings; warnings: string[] } {
  const found = nearMisses(environment, file);
  const refused = found.filter((miss) => miss.refused).map(textOf);
  let settings: Settings;
  try {
    settings = readSettings(environment, file);
  } catch (error) {
    throw error instanceof InvalidSettingsError
      ? new InvalidSettingsError([...error.problems, ...refused])
      : error;
  }
  if (refused.length > 0) throw new InvalidSettingsError(refused);
  return { settings, warnings: found.map(textOf) };
}

function textOf({ message, advice, refused }: NearMiss): string {
  return `${message} ${advice}${refused ? ` ${REFUSED}` : ''}`;
}
