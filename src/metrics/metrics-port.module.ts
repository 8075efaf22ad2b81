import { Global, Module } from '@nestjs/common';
import { HttpServerModule } from '../http-server/index.js';
import { MetricsPort } from './metrics-port.js';

/** Global, since the controller of metrics is in a module of its library. */
@Global()
@Module({ imports: [HttpServerModule], providers: [MetricsPort], exports: [MetricsPort] })
export class MetricsPortModule {}
