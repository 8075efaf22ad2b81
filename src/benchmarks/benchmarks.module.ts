import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ResponsesModule } from '../platform/responses/index.js';
import { Benchmark, BenchmarkEvent, HostSystem, StorageModule } from '../storage/index.js';
import { EventsController } from './events/events.controller.js';
import { EventsService } from './events/events.service.js';
import { HardwareReportsReadModel } from './host-systems/hardware-report.js';
import { HostSystemsController } from './host-systems/host-systems.controller.js';
import { HostSystemsService } from './host-systems/host-systems.service.js';
import { ProfilesController } from './profiles/profiles.controller.js';
import { ProfilesReadModel } from './profiles/profiles.read-model.js';
import { BenchmarksController } from './runs/benchmarks.controller.js';
import { BenchmarksService } from './runs/benchmarks.service.js';

/** Benchmark runs, host systems, and profiles from the telemetry of runs. */
@Module({
  imports: [
    ResponsesModule,
    StorageModule,
    TypeOrmModule.forFeature([Benchmark, BenchmarkEvent, HostSystem]),
  ],
  // BenchmarksController last, so that `/benchmarks/compare` is not an id.
  controllers: [HostSystemsController, ProfilesController, EventsController, BenchmarksController],
  providers: [
    BenchmarksService,
    EventsService,
    HostSystemsService,
    ProfilesReadModel,
    HardwareReportsReadModel,
  ],
})
export class BenchmarksModule {}
