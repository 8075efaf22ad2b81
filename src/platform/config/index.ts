export { ACCESS_SCOPES, type AccessScope, type ApiToken, hashOf } from './api-tokens.js';
export { ConfigModule } from './config.module.js';
export { ANY_HOST, ANY_ORIGIN, settingDocs, type SettingDoc } from './setting-types.js';
export {
  InvalidSettingsError,
  misspelledSettings,
  type MisspelledSetting,
  readSettings,
} from './read-settings.js';
export { PACKAGE_VERSION, packageInfo } from './package-info.js';
export {
  JOURNAL_MODES,
  LOG_FORMATS,
  LOG_LEVELS,
  Settings,
  type JournalMode,
  type LogFormat,
  type LogLevel,
} from './settings.js';
