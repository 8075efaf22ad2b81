import { Module } from '@nestjs/common';
import { HttpConnections } from './http-connections.js';
import { HttpConnectionsMetrics, httpConnectionsMetricProvider } from './http-connections.metrics.js';

@Module({
  providers: [httpConnectionsMetricProvider, HttpConnections, HttpConnectionsMetrics],
  exports: [HttpConnections],
})
export class HttpServerModule {}
