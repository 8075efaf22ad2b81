import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiProblems, JsonBodyText, JsonText } from '../../platform/http/index.js';
import { JSON_LIST, RowResponses } from '../../platform/responses/index.js';
import { created, IdPath, LOCATION, PageQuery } from '../rows/resource.js';
import { Benchmark, BenchmarkBody, BenchmarkChange } from './benchmark.dto.js';
import { BenchmarksService } from './benchmarks.service.js';

/** Benchmarks: runs of nodes on host systems. */
@ApiTags('Benchmarks')
@Controller('benchmarks')
export class BenchmarksController {
  constructor(
    private readonly benchmarks: BenchmarksService,
    private readonly responses: RowResponses,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listBenchmarks', summary: 'List benchmarks' })
  @ApiOkResponse({ type: [Benchmark], description: 'Newest first.' })
  @ApiProblems(400)
  async listBenchmarks(@Query() query: PageQuery, @Res() response: Response): Promise<void> {
    await this.responses.send(response, this.benchmarks.list(query), JSON_LIST);
  }

  @Post()
  @ApiOperation({
    operationId: 'createBenchmark',
    summary: 'Create a benchmark',
    description:
      'A `benchmark_spec` or a `setup` is required. All other fields are optional and can be added later. ' +
      '`setup.substrate.peerId` or `setup.tetcore.peerId`, or else the same of `benchmark_spec`, names the node whose ' +
      'telemetry is profiled. Numbers in JSON keep every digit.',
  })
  @ApiCreatedResponse({ type: Benchmark, description: 'The benchmark as stored.', headers: LOCATION })
  @ApiProblems(400, 413, 415)
  async createBenchmark(@Body() body: BenchmarkBody, @JsonBodyText() text: string): Promise<JsonText> {
    return created('/benchmarks', await this.benchmarks.create(body, text));
  }

  @Get('example')
  @ApiOperation({ operationId: 'getBenchmarkExample', summary: 'Get an example benchmark' })
  @ApiOkResponse({ type: BenchmarkBody, description: 'A valid body for `POST /benchmarks`.' })
  @ApiProblems(400)
  async getBenchmarkExample(): Promise<BenchmarkBody> {
    return await this.benchmarks.example();
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getBenchmark', summary: 'Get a benchmark' })
  @ApiOkResponse({ type: Benchmark, description: 'The benchmark as stored.' })
  @ApiProblems(400, 404)
  async getBenchmark(@Param() { id }: IdPath): Promise<JsonText> {
    return new JsonText(await this.benchmarks.find(id));
  }

  @Patch(':id')
  @ApiOperation({
    operationId: 'changeBenchmark',
    summary: 'Change a benchmark',
    description:
      'Omitted fields stay unchanged, null clears a field, and JSON objects are replaced as a whole.',
  })
  @ApiOkResponse({ type: Benchmark, description: 'The changed benchmark.' })
  @ApiProblems(400, 404, 413, 415)
  async changeBenchmark(
    @Param() { id }: IdPath,
    @Body() body: BenchmarkChange,
    @JsonBodyText() text: string,
  ): Promise<JsonText> {
    return new JsonText(await this.benchmarks.change(id, body, text));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteBenchmark', summary: 'Delete a benchmark and its events' })
  @ApiNoContentResponse({ description: 'Deleted.' })
  @ApiProblems(400, 404)
  async deleteBenchmark(@Param() { id }: IdPath): Promise<void> {
    await this.benchmarks.delete(id);
  }
}
