import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/index.js';
import { NodeRegistry, registryMetricProviders, RegistryMetrics } from './node-registry.js';

/** All chains and nodes that ever connected, with short ids that do not change. */
@Module({
  imports: [StorageModule],
  providers: [...registryMetricProviders, NodeRegistry, RegistryMetrics],
  exports: [NodeRegistry],
})
export class RegistryModule {}
