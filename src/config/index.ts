export { ACCESS_SCOPES, type AccessScope, type ApiToken, hashOf } from './api-tokens.js';
export { ConfigModule } from './config.module.js';
export { InvalidSettingsError } from './invalid-settings.error.js';
export { ANY_ORIGIN } from './origins.js';
export { PACKAGE_VERSION, packageInfo } from './package-info.js';
export { readSettings } from './read-settings.js';
export { settingDocs, type SettingDoc } from './setting-docs.js';
export { JOURNAL_MODES, LOG_FORMATS, LOG_LEVELS, Settings } from './settings.js';
export type { JournalMode, LogFormat, LogLevel } from './settings.js';
