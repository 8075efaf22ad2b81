import { Injectable } from '@nestjs/common';
import { InjectMetric, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Gauge } from 'prom-client';
import { Settings } from '../config/index.js';

const MIB = 1024 * 1024;

export const settingGaugeProviders = [
  makeGaugeProvider({
    name: 'tetcore_setting_telemetry_max_connections',
    help: 'TELEMETRY_MAX_CONNECTIONS, lowered if the limit of open files requires it.',
  }),
  makeGaugeProvider({ name: 'tetcore_setting_queue_max_bytes', help: 'QUEUE_MAX_MIB, in bytes.' }),
  makeGaugeProvider({ name: 'tetcore_setting_journal_max_bytes', help: 'JOURNAL_MAX_MIB, in bytes.' }),
  makeGaugeProvider({ name: 'tetcore_setting_purge_interval_seconds', help: 'PURGE_INTERVAL_S.' }),
  makeGaugeProvider({ name: 'tetcore_setting_insight_aggregation', help: 'INSIGHT_AGGREGATION: 1 or 0.' }),
];

/** The settings that alerts compare with, so that their thresholds follow the settings of each server. */
@Injectable()
export class SettingGauges {
  constructor(
    settings: Settings,
    @InjectMetric('tetcore_setting_telemetry_max_connections') connections: Gauge,
    @InjectMetric('tetcore_setting_queue_max_bytes') queue: Gauge,
    @InjectMetric('tetcore_setting_journal_max_bytes') journal: Gauge,
    @InjectMetric('tetcore_setting_purge_interval_seconds') purge: Gauge,
    @InjectMetric('tetcore_setting_insight_aggregation') aggregation: Gauge,
  ) {
    connections.set(settings.TELEMETRY_MAX_CONNECTIONS);
    queue.set(settings.QUEUE_MAX_MIB * MIB);
    journal.set(settings.JOURNAL_MAX_MIB * MIB);
    purge.set(settings.PURGE_INTERVAL_S);
    aggregation.set(settings.INSIGHT_AGGREGATION ? 1 : 0);
  }
}
