import { Module } from '@nestjs/common';
import { SocketMemory } from './socket-memory.js';
import { SocketMemoryMetrics, socketMemoryMetricProviders } from './socket-memory.metrics.js';

@Module({
  providers: [...socketMemoryMetricProviders, SocketMemory, SocketMemoryMetrics],
  exports: [SocketMemory],
})
export class SocketMemoryModule {}
