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
import { HostSystem, HostSystemBody, HostSystemChange, HostSystemFromNode } from './host-system.dto.js';
import { HostSystemsService } from './host-systems.service.js';

/** The hardware that benchmarks run on. */
@ApiTags('Benchmarks')
@Controller('host_systems')
export class HostSystemsController {
  constructor(
    private readonly hostSystems: HostSystemsService,
    private readonly responses: RowResponses,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listHostSystems', summary: 'List host systems' })
  @ApiOkResponse({ type: [HostSystem], description: 'Newest first.' })
  @ApiProblems(400)
  async listHostSystems(@Query() query: PageQuery, @Res() response: Response): Promise<void> {
    await this.responses.send(response, this.hostSystems.list(query), JSON_LIST);
  }

  @Post()
  @ApiOperation({ operationId: 'createHostSystem', summary: 'Create a host system' })
  @ApiCreatedResponse({ type: HostSystem, description: 'The host system as stored.', headers: LOCATION })
  @ApiProblems(400, 413, 415)
  async createHostSystem(@Body() body: HostSystemBody, @JsonBodyText() text: string): Promise<JsonText> {
    return created('/host_systems', await this.hostSystems.create(body, text));
  }

  @Post('from_node')
  @ApiOperation({
    operationId: 'createHostSystemFromNode',
    summary: 'Create a host system from the report of a node',
    description:
      'From the newest connection with which the node reported its hardware, and its newest benchmark scores. ' +
      'Fields of the body override reported ones, even if they are null.',
  })
  @ApiCreatedResponse({ type: HostSystem, description: 'The host system as stored.', headers: LOCATION })
  @ApiProblems(400, 404, 409, 413, 415)
  async createHostSystemFromNode(
    @Body() body: HostSystemFromNode,
    @JsonBodyText() text: string,
  ): Promise<JsonText> {
    return created('/host_systems', await this.hostSystems.createFromNode(body, text));
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getHostSystem', summary: 'Get a host system' })
  @ApiOkResponse({ type: HostSystem, description: 'The host system as stored.' })
  @ApiProblems(400, 404)
  async getHostSystem(@Param() { id }: IdPath): Promise<JsonText> {
    return new JsonText(await this.hostSystems.find(id));
  }

  @Patch(':id')
  @ApiOperation({
    operationId: 'changeHostSystem',
    summary: 'Change a host system',
    description: 'Omitted fields stay unchanged, null clears a field, and `details` is replaced as a whole.',
  })
  @ApiOkResponse({ type: HostSystem, description: 'The changed host system.' })
  @ApiProblems(400, 404, 413, 415)
  async changeHostSystem(
    @Param() { id }: IdPath,
    @Body() body: HostSystemChange,
    @JsonBodyText() text: string,
  ): Promise<JsonText> {
    return new JsonText(await this.hostSystems.change(id, body, text));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'deleteHostSystem',
    summary: 'Delete a host system',
    description: 'Only if no benchmark refers to it.',
  })
  @ApiNoContentResponse({ description: 'Deleted.' })
  @ApiProblems(400, 404, 409)
  async deleteHostSystem(@Param() { id }: IdPath): Promise<void> {
    await this.hostSystems.delete(id);
  }
}
