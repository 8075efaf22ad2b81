import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiProblems } from '../../platform/http/index.js';
import { JSON_LIST, RowResponses } from '../../platform/responses/index.js';
import { IdPath } from '../rows/resource.js';
import {
  CallTimes,
  CompareQuery,
  ProfileComparison,
  ProfileEntry,
  ProfileQuery,
  Target,
} from './profile.dto.js';
import { ProfilesReadModel } from './profiles.read-model.js';

const RUN =
  'The run lasts from `ts_start` to `ts_end`. Without `ts_start` it starts with its first event, or when it was ' +
  'created. Without `ts_end` it ends with its last event, or now if an event has not ended or there is none.';

/** Profiles of benchmarks. */
@ApiTags('Benchmarks')
@Controller('benchmarks')
export class ProfilesController {
  constructor(
    private readonly profiles: ProfilesReadModel,
    private readonly responses: RowResponses,
  ) {}

  @Get('compare')
  @ApiOperation({
    operationId: 'compareBenchmarks',
    summary: 'Compare the profiles of two benchmarks',
    description: 'Durations of calls in each: see `GET /benchmarks/{id}/profile`.',
  })
  @ApiExtraModels(CallTimes)
  @ApiOkResponse({
    type: [ProfileComparison],
    description: 'Sorted by target and name. Includes calls that only one of them has.',
  })
  @ApiProblems(400, 409)
  async compareBenchmarks(@Query() query: CompareQuery, @Res() response: Response): Promise<void> {
    await this.responses.send(response, this.profiles.compare(query), JSON_LIST);
  }

  @Get(':id/profile')
  @ApiOperation({
    operationId: 'getBenchmarkProfile',
    summary: 'Get the profile of a benchmark',
    description:
      'Durations of calls, from the `tracing.profiling` messages of the node that the benchmark names, by `target` ' +
      `and \`name\`. ${RUN} With \`event\` it is the time from each start of the event to its next end, or to the ` +
      'end of the run if there is none. Messages whose `time` is not a number of nanoseconds are omitted.',
  })
  @ApiOkResponse({ type: [ProfileEntry], description: 'Sorted by target and name.' })
  @ApiProblems(400, 404, 409)
  async getBenchmarkProfile(
    @Param() { id }: IdPath,
    @Query() query: ProfileQuery,
    @Res() response: Response,
  ): Promise<void> {
    await this.responses.send(response, this.profiles.profile(id, query), JSON_LIST);
  }

  @Get(':id/targets')
  @ApiOperation({
    operationId: 'listBenchmarkTargets',
    summary: 'List the targets in the messages of a benchmark',
    description:
      'From the messages of the node that the benchmark names. Empty if it names no node. A run without `ts_start`, ' +
      '`ts_end` and events covers everything that the node sent; with one of them it is the run of the profile, ' +
      'unbounded on the side that has none.',
  })
  @ApiOkResponse({ type: [Target], description: 'Unique and sorted.' })
  @ApiProblems(400, 404)
  async listBenchmarkTargets(@Param() { id }: IdPath, @Res() response: Response): Promise<void> {
    await this.responses.send(response, this.profiles.listTargets(id), JSON_LIST);
  }
}
