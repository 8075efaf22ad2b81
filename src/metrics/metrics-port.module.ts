import { Global, Module } from '@nestjs/common';
import { MetricsPort } from './metrics-port.js';

/** Global, since the controller of metrics is in a module of its library. */
@Global()
@Module({ providers: [MetricsPort], exports: [MetricsPort] })
export class MetricsPortModule {}
