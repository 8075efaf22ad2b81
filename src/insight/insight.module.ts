import { Module } from '@nestjs/common';
import { ChainsModule } from '../chains/index.js';
import { ResponsesModule } from '../platform/responses/index.js';
import { RegistryModule } from '../registry/index.js';
import { StorageModule } from '../storage/index.js';
import { Aggregator } from './aggregator.js';
import { HourRepair } from './hour-repair.js';
import { insightMetricProviders, InsightMetrics } from './insight.metrics.js';
import { chainGaugeProviders, ChainMetrics, knownRatioProvider } from './metrics/index.js';
import { ArrivalsReadModel } from './routes/blocks/arrivals.read-model.js';
import { ChainNodesController } from './routes/nodes/chain-nodes.controller.js';
import { ClocksReadModel } from './routes/nodes/clocks.read-model.js';
import { ConnectivityReadModel } from './routes/series/connectivity.read-model.js';
import { HardwareReadModel } from './routes/nodes/hardware.read-model.js';
import { DifferencesReadModel } from './routes/nodes/differences.read-model.js';
import { AvailabilityReadModel } from './routes/sessions/availability.read-model.js';
import { BlocksReadModel } from './routes/blocks/blocks.read-model.js';
import { ChainReads } from './routes/chain-reads.js';
import { ChurnReadModel } from './routes/sessions/churn.read-model.js';
import { EventsController } from './routes/events/events.controller.js';
import { EventsReadModel } from './routes/events/events.read-model.js';
import { FinalityReadModel } from './routes/series/finality.read-model.js';
import { ForksController } from './routes/blocks/forks.controller.js';
import { ForksReadModel } from './routes/blocks/forks.read-model.js';
import { GapsReadModel } from './routes/gaps.read-model.js';
import { InsightController } from './routes/insight.controller.js';
import { ProductionReadModel } from './routes/series/production.read-model.js';
import { PropagationReadModel } from './routes/series/propagation.read-model.js';
import { SeriesController } from './routes/series/series.controller.js';
import { SessionsController } from './routes/sessions/sessions.controller.js';
import { VersionsReadModel } from './routes/sessions/versions.read-model.js';

import { InsightSettingsModule } from './settings/index.js';
import { EventWebhook, webhookMetricProviders } from './webhook/index.js';

const CONTROLLERS = [
  ChainNodesController,
  EventsController,
  ForksController,
  InsightController,
  SeriesController,
  SessionsController,
];

const READ_MODELS = [
  DifferencesReadModel,
  HardwareReadModel,
  ConnectivityReadModel,
  ClocksReadModel,
  ArrivalsReadModel,
  AvailabilityReadModel,
  BlocksReadModel,
  ChainReads,
  ChurnReadModel,
  EventsReadModel,
  FinalityReadModel,
  ForksReadModel,
  GapsReadModel,
  ProductionReadModel,
  PropagationReadModel,
  VersionsReadModel,
];

/** What happened to the network: small tables that are computed from the messages, and routes that read them. */
@Module({
  imports: [ChainsModule, InsightSettingsModule, RegistryModule, ResponsesModule, StorageModule],
  controllers: CONTROLLERS,
  providers: [
    ...insightMetricProviders,
    ...chainGaugeProviders,
    knownRatioProvider,
    ...READ_MODELS,
    ...webhookMetricProviders,
    Aggregator,
    ChainMetrics,
    EventWebhook,
    HourRepair,
    InsightMetrics,
  ],
})
export class InsightModule {}
