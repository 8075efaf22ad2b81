import { type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { BrowsersModule } from '../platform/access/index.js';
import { ClientAddressModule } from '../platform/client-address/index.js';
import { SocketMemoryModule } from '../platform/sockets/index.js';
import { StorageModule } from '../storage/index.js';
import { AllowedAddresses } from './admission/allowed-addresses.js';
import { BlockedAddresses } from './admission/blocked-addresses.js';
import { NewSocketsBudget } from './admission/new-sockets-budget.js';
import { OpenSocketsCount } from './admission/open-sockets-count.js';
import { Batcher } from './batch/batcher.js';
import { AuditGateway } from './gateway/audit.gateway.js';
import { ExpiringGateway } from './gateway/expiring.gateway.js';
import { SubmitGateway } from './gateway/submit.gateway.js';
import { TelemetryPathsController } from './gateway/telemetry-paths.controller.js';
import { UpgradeGuard } from './gateway/upgrade-guard.js';
import { MessageIntake } from './socket/message-intake.js';
import { TelemetrySockets } from './socket/telemetry-sockets.js';
import { TelemetrySharedModule } from './telemetry-shared.module.js';

export interface TelemetryModuleOptions {
  /** The modules that provide {@link BatchQueue} and {@link SocketWatch}, and those that export what the class below needs. */
  imports?: ModuleMetadata['imports'];
  /** Who may open a socket; extend {@link UpgradeGuard} to ask for more than it does. */
  upgradeGuard?: Type<UpgradeGuard>;
}

/** Takes in what nodes send, from the socket to the batch. */
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
        NewSocketsBudget,
        OpenSocketsCount,
        SubmitGateway,
        TelemetrySockets,
        { provide: UpgradeGuard, useClass: upgradeGuard },
      ],
      exports: [UpgradeGuard],
    };
  }
}
