export { type KnownNode, knownNodeOf } from './known-nodes.js';
export { HookMetrics, hookMetricProviders } from './after-store-hooks.js';
export { AFTER_STORE_HOOKS, AfterStoreHooks } from './after-store-hooks.js';
export { StoredMessage } from './stored-messages.js';
export { AfterStoreHook } from './after-store-hook.port.js';
