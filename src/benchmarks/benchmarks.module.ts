import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AnswerModule } from '../platform/responses/index.js';
import { Benchmark, BenchmarkEvent, HostSystem, StorageModule } from '../storage/index.js';
import { EventsController } from './events/events.controller.js';
import { EventsService } from './events/events.service.js';
import { HostSystemsController } from './host-systems/host-systems.controller.js';
import { HostSystemsService } from './host-systems/host-systems.service.js';
import { ReportedComputersReadModel } from './host-systems/reported-computers.read-model.js';
import { ProfilesController } from './profiles/profiles.controller.js';
import { ProfilesReadModel } from './profiles/profiles.read-model.js';
import { BenchmarksController } from './runs/benchmarks.controller.js';
import { BenchmarksService } from './runs/benchmarks.service.js';

/** Runs of a node on a host system, and what its telemetry says of them. */
@Module({
  imports: [AnswerModule, StorageModule, TypeOrmModule.forFeature([Benchmark, BenchmarkEvent, HostSystem])],
  // The last one at the end: `/benchmarks/compare` is no benchmark.
  controllers: [HostSystemsController, ProfilesController, EventsController, BenchmarksController],
  providers: [
    BenchmarksService,
    EventsService,
    HostSystemsService,
    ProfilesReadModel,
    ReportedComputersReadModel,
  ],
})
export class BenchmarksModule {}
