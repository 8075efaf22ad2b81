import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { JSON_LIST, RowAnswers } from '../../platform/responses/index.js';
import { ApiProblems } from '../../platform/http/index.js';
import { IdPath } from '../rows/row-id.js';
import { CallTimes, ProfileComparison, ProfileEntry, Target } from './profile.dto.js';
import { CompareQuery, ProfileQuery } from './profile.query.js';
import { ProfilesReadModel } from './profiles.read-model.js';

const RUN =
  'The run lasts from `ts_start` to `ts_end`. Without a `ts_start` it begins with its first event, or when it was ' +
  'described; without a `ts_end` it ends with its last event, or now where an event has not ended or there is none.';

/** What the telemetry of the nodes says of benchmarks. */
@ApiTags('Benchmarks')
@Controller('benchmarks')
export class ProfilesController {
  constructor(
    private readonly profiles: ProfilesReadModel,
    private readonly answers: RowAnswers,
  ) {}

  @Get('compare')
  @ApiOperation({
    operationId: 'compareBenchmarks',
    summary: 'The profiles of two benchmarks side by side',
    description: 'Of what calls took in each: see `GET /benchmarks/{id}/profile`.',
  })
  @ApiExtraModels(CallTimes)
  @ApiOkResponse({
    type: [ProfileComparison],
    description: 'In the order of target and name; what one of them has is in the answer.',
  })
  @ApiProblems(400, 409)
  async compareBenchmarks(@Query() query: CompareQuery, @Res() response: Response): Promise<void> {
    await this.answers.send(response, this.profiles.compare(query), JSON_LIST);
  }

  @Get(':id/profile')
  @ApiOperation({
    operationId: 'getBenchmarkProfile',
    summary: 'How long calls took in a benchmark',
    description:
      'From the `tracing.profiling` messages of the node that the benchmark names, by their `target` and `name`. ' +
      `${RUN} With \`event\` it is the time from each start of the event to the end that comes next, or to the end ` +
      'of the run where none comes. Messages whose `time` is no number of nanoseconds are left out.',
  })
  @ApiOkResponse({ type: [ProfileEntry], description: 'In the order of target and name.' })
  @ApiProblems(400, 404, 409)
  async getBenchmarkProfile(
    @Param() { id }: IdPath,
    @Query() query: ProfileQuery,
    @Res() response: Response,
  ): Promise<void> {
    await this.answers.send(response, this.profiles.profile(id, query), JSON_LIST);
  }

  @Get(':id/targets')
  @ApiOperation({
    operationId: 'listBenchmarkTargets',
    summary: 'The targets in the messages of a benchmark',
    description: `Of the node that the benchmark names; there are none where it names no node. ${RUN}`,
  })
  @ApiOkResponse({ type: [Target], description: 'Each once, sorted.' })
  @ApiProblems(400, 404)
  async listBenchmarkTargets(@Param() { id }: IdPath, @Res() response: Response): Promise<void> {
    await this.answers.send(response, this.profiles.listTargets(id), JSON_LIST);
  }
}
