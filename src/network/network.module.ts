import { Module } from '@nestjs/common';
import { ChainsModule } from '../chains/index.js';
import { FeedTopicsModule } from '../feed/index.js';
import { StorageModule } from '../storage/index.js';
import { Chains } from './chains.js';
import { NamedChains } from './live/named-chains.js';
import { NetworkTopic } from './live/network-topic.js';
import { NetworkController } from './network.controller.js';
import { networkMetricProviders, NetworkMetrics } from './network.metrics.js';
import { NetworkUpdater, NetworkViews } from './view/network-views.js';
import { NetworkReadModel } from './view/network.read-model.js';

/** The connected nodes of each chain: a snapshot over HTTP, and changes over the live feed. */
@Module({
  imports: [ChainsModule, FeedTopicsModule, StorageModule],
  controllers: [NetworkController],
  providers: [
    ...networkMetricProviders,
    Chains,
    NamedChains,
    NetworkMetrics,
    NetworkReadModel,
    NetworkTopic,
    NetworkUpdater,
    NetworkViews,
  ],
})
export class NetworkModule {}
