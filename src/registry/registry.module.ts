import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/index.js';
import { NodeRegistry } from './node-registry.js';
import { RegistryMetrics, registryMetricProviders } from './registry.metrics.js';

/** The chains and nodes that were ever heard of, with small numbers that stay theirs. */
@Module({
  imports: [StorageModule],
  providers: [...registryMetricProviders, NodeRegistry, RegistryMetrics],
})
export class RegistryModule {}
