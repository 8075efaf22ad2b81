import { type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { BrowsersModule } from '../platform/access/index.js';
import { ClientAddressModule } from '../platform/client-address/index.js';
import { SocketMemoryModule } from '../platform/sockets/index.js';
import { StorageModule } from '../storage/index.js';
import { AllowedAddresses, BlockedAddresses, NewSocketLimit, OpenSocketCount } from './admission.js';
import { Batcher } from './batch/batcher.js';
import { AuditGateway, ExpiringGateway, SubmitGateway } from './gateways.js';
import { MessageIntake } from './socket/message-intake.js';
import { TelemetrySockets } from './socket/telemetry-sockets.js';
import { MessageOutcomes, TelemetryMetrics, telemetryMetricProviders } from './telemetry.metrics.js';
import { TelemetryPathsController } from './telemetry-paths.controller.js';
import { UpgradeGuard } from './upgrade-guard.js';

/** The counters of messages, which delivery uses too. */
@Module({
  providers: [...telemetryMetricProviders, MessageOutcomes, TelemetryMetrics],
  exports: [MessageOutcomes, TelemetryMetrics],
})
export class TelemetrySharedModule {}

export interface TelemetryModuleOptions {
  /** The modules that provide {@link BatchQueue}, {@link SocketObserver}, and what the class below needs. */
  imports?: ModuleMetadata['imports'];
  /** Decides who may open a socket. Extend {@link UpgradeGuard} to add conditions. */
  upgradeGuard?: Type<UpgradeGuard>;
}

/** Receives the telemetry of nodes, from the socket to the batch. */
@Module({})
export class TelemetryModule {
  static forRoot({ imports = [], upgradeGuard = UpgradeGuard }: TelemetryModuleOptions = {}): DynamicModule {
    return {
      module: TelemetryModule,
      imports: [
        BrowsersModule,
        ClientAddressModule,
        SocketMemoryModule,
        StorageModule,
        TelemetrySharedModule,
        ...imports,
      ],
      controllers: [TelemetryPathsController],
      providers: [
        AllowedAddresses,
        AuditGateway,
        Batcher,
        BlockedAddresses,
        ExpiringGateway,
        MessageIntake,
        NewSocketLimit,
        OpenSocketCount,
        SubmitGateway,
        TelemetrySockets,
        { provide: UpgradeGuard, useClass: upgradeGuard },
      ],
      exports: [UpgradeGuard],
    };
  }
}
