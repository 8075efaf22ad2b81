import { Module } from '@nestjs/common';
import { ChainsModule } from '../chains/index.js';
import { FeedTopicsModule } from '../feed/index.js';
import { StorageModule } from '../storage/index.js';
import { Chains } from './chains.js';
import { KnownChainsController } from './known-chains.controller.js';
import { KnownChains } from './known-chains.js';
import { NamedChains } from './live/named-chains.js';
import { NetworkTopic } from './live/network-topic.js';
import { NetworkController } from './network.controller.js';
import { networkMetricProviders, NetworkMetrics } from './network.metrics.js';
import { StatusJob } from './status/status-job.js';
import { StatusLimits } from './status/status.js';
import { NetworkUpdater, NetworkViews } from './view/network-views.js';
import { NetworkReadModel } from './view/network.read-model.js';

/** The connected nodes of each chain: a snapshot over HTTP, and changes over the live feed. */
@Module({
  imports: [ChainsModule, FeedTopicsModule, StorageModule],
  controllers: [KnownChainsController, NetworkController],
  providers: [
    ...networkMetricProviders,
    Chains,
    KnownChains,
    NamedChains,
    NetworkMetrics,
    NetworkReadModel,
    NetworkTopic,
    NetworkUpdater,
    NetworkViews,
    StatusJob,
    StatusLimits,
  ],
})
export class NetworkModule {}
