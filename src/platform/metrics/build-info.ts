import { Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import { Gauge } from 'prom-client';
import { PACKAGE_VERSION } from '../config/index.js';

@Injectable()
export class BuildInfo {
  constructor(@InjectMetric('tetcore_build_info') gauge: Gauge) {
    gauge.set({ version: PACKAGE_VERSION }, 1);
  }
}
