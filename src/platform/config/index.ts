export { ACCESS_SCOPES, type AccessScope, type ApiToken, hashOf } from './api-tokens.js';
export { ConfigModule, settingsForStart } from './config.module.js';
export { type EnvFile, parseEnvFile } from './env-file.js';
export { type NearMiss, nearMisses, REFUSED } from './near-misses.js';
export { ANY_HOST, ANY_ORIGIN, documented, Integer, settingDocs, type SettingDoc } from './setting-types.js';
export { InvalidSettingsError, readSettings } from './read-settings.js';
export { PACKAGE_VERSION, packageInfo } from './package-info.js';
export {
  DEFAULT_JSON_MAX_ROWS,
  JOURNAL_MODES,
  LOG_FORMATS,
  LOG_LEVELS,
  Settings,
  type JournalMode,
  type LogFormat,
  type LogLevel,
} from './settings.js';
