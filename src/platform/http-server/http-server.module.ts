import { Module } from '@nestjs/common';
import { SocketMemoryModule } from '../sockets/index.js';
import { HttpConnections } from './http-connections.js';
import { HttpConnectionsMetrics, httpConnectionsMetricProvider } from './http-connections.metrics.js';

@Module({
  imports: [SocketMemoryModule],
  providers: [httpConnectionsMetricProvider, HttpConnections, HttpConnectionsMetrics],
  exports: [HttpConnections],
})
export class HttpServerModule {}
