import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { ClientAddressModule } from '../platform/client-address/index.js';
import { SocketMemoryModule } from '../platform/sockets/index.js';
import { StorageModule } from '../storage/index.js';
import { EntryFiller } from './cache/cache-fillers.js';
import { CacheUpdater } from './cache/cache-updater.js';
import { FeedCache } from './cache/feed-cache.js';
import { FeedReadModel } from './cache/feed.read-model.js';
import { FeedLimits } from './feed-limits.js';
import { FeedGateway, FeedPathController } from './feed.gateway.js';
import { feedMetricProviders, FeedMetrics } from './feed.metrics.js';
import { Handshakes } from './socket/auth-handshake.js';
import { FairScheduler, SendLimit } from './socket/fair-scheduler.js';
import { FeedSockets } from './socket/feed-sockets.js';
import { FeedTopicsModule } from './topics.module.js';

export interface FeedModuleOptions {
  /** The module that provides FeedGuard. */
  imports: ModuleMetadata['imports'];
}

/** Live data for dashboards: `ws /feed`. Data is read from the database, so that any replica can serve any subscriber. */
@Module({})
export class FeedModule {
  static forRoot({ imports = [] }: FeedModuleOptions): DynamicModule {
    return {
      module: FeedModule,
      imports: [ClientAddressModule, FeedTopicsModule, SocketMemoryModule, StorageModule, ...imports],
      controllers: [FeedPathController],
      providers: [
        ...feedMetricProviders,
        CacheUpdater,
        EntryFiller,
        FairScheduler,
        FeedCache,
        FeedGateway,
        FeedLimits,
        FeedMetrics,
        FeedReadModel,
        FeedSockets,
        Handshakes,
        SendLimit,
      ],
    };
  }
}
