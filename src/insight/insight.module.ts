import { Module } from '@nestjs/common';
import { ChainsModule } from '../chains/index.js';
import { ResponsesModule } from '../platform/responses/index.js';
import { RegistryModule } from '../registry/index.js';
import { StorageModule } from '../storage/index.js';
import { Aggregator } from './aggregator.js';
import { HourRepair } from './hour-repair.js';
import { insightMetricProviders, InsightMetrics } from './insight.metrics.js';
import { chainGaugeProviders, ChainMetrics, knownRatioProvider } from './metrics/index.js';
import { ArrivalsReadModel } from './routes/arrivals.read-model.js';
import { ChainNodesController } from './routes/chain-nodes.controller.js';
import { ClocksReadModel } from './routes/clocks.read-model.js';
import { ConnectivityReadModel } from './routes/connectivity.read-model.js';
import { HardwareReadModel } from './routes/hardware.read-model.js';
import { DifferencesReadModel } from './routes/differences.read-model.js';
import { AvailabilityReadModel } from './routes/availability.read-model.js';
import { BlocksReadModel } from './routes/blocks.read-model.js';
import { ChainReads } from './routes/chain-reads.js';
import { ChurnReadModel } from './routes/churn.read-model.js';
import { EventsController } from './routes/events.controller.js';
import { EventsReadModel } from './routes/events.read-model.js';
import { FinalityReadModel } from './routes/finality.read-model.js';
import { ForksController } from './routes/forks.controller.js';
import { ForksReadModel } from './routes/forks.read-model.js';
import { GapsReadModel } from './routes/gaps.read-model.js';
import { InsightController } from './routes/insight.controller.js';
import { ProductionReadModel } from './routes/production.read-model.js';
import { PropagationReadModel } from './routes/propagation.read-model.js';
import { SeriesController } from './routes/series.controller.js';
import { SessionsController } from './routes/sessions.controller.js';
import { VersionsReadModel } from './routes/versions.read-model.js';

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
