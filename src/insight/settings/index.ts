export { AddressLabels } from './address-labels.js';
export { ChainSetting, ChainSettings } from './chain-settings.js';
export { checkSettingFiles, InsightSettingsModule } from './settings.module.js';
export { isBelow } from './versions.js';
