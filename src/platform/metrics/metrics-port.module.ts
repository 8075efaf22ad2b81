import { Module } from '@nestjs/common';
import { HttpServerModule } from '../http-server/index.js';
import { MetricsPort } from './metrics-port.js';

@Module({ imports: [HttpServerModule], providers: [MetricsPort], exports: [MetricsPort] })
export class MetricsPortModule {}
