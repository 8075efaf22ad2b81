export { NodeRegistry } from './node-registry.js';
export { RegistryModule } from './registry.module.js';
export { registerAllNodes, registryPass, type RegistryPass } from './registry-pass.js';
