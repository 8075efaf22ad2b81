export { Aggregator } from './aggregator.js';
export { HourRepair } from './hour-repair.js';
export { InsightModule } from './insight.module.js';
export { rebuild, rebuildBounds, RebuildRunningError } from './rebuild.js';
export { rebuildSessions } from './sessions/session-pass.js';
export { checkSettingFiles } from './settings/index.js';
export { EventWebhook } from './webhook/index.js';
