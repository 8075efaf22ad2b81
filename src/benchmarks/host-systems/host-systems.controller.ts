import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Response } from 'express';
import { JSON_LIST, RowAnswers } from '../../platform/responses/index.js';
import { ApiProblems, JsonBodyText, JsonText } from '../../platform/http/index.js';
import { LOCATION, created } from '../rows/created.js';
import { IdPath, PageQuery } from '../rows/row-id.js';
import { HostSystemBody, HostSystemChange, HostSystemFromNode } from './host-system.body.js';
import { HostSystem } from './host-system.dto.js';
import { HostSystemsService } from './host-systems.service.js';

/** The computers that benchmarks run on. */
@ApiTags('Benchmarks')
@Controller('host_systems')
export class HostSystemsController {
  constructor(
    private readonly hostSystems: HostSystemsService,
    private readonly answers: RowAnswers,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listHostSystems', summary: 'The host systems that benchmarks run on' })
  @ApiOkResponse({ type: [HostSystem], description: 'Newest first.' })
  @ApiProblems(400)
  async listHostSystems(@Query() query: PageQuery, @Res() response: Response): Promise<void> {
    await this.answers.send(response, this.hostSystems.list(query), JSON_LIST);
  }

  @Post()
  @ApiOperation({ operationId: 'createHostSystem', summary: 'Describe a host system' })
  @ApiCreatedResponse({ type: HostSystem, description: 'As it is kept.', headers: LOCATION })
  @ApiProblems(400, 413, 415)
  async createHostSystem(@Body() body: HostSystemBody, @JsonBodyText() text: string): Promise<JsonText> {
    return created('/host_systems', await this.hostSystems.create(body, text));
  }

  @Post('from_node')
  @ApiOperation({
    operationId: 'createHostSystemFromNode',
    summary: 'Describe a host system by what a node reports of it',
    description:
      'By the newest connection of the node that says something of its computer, and the newest scores that it ' +
      'sent. Fields of the body are taken instead of what was reported, also where they are null.',
  })
  @ApiCreatedResponse({ type: HostSystem, description: 'As it is kept.', headers: LOCATION })
  @ApiProblems(400, 404, 409, 413, 415)
  async createHostSystemFromNode(
    @Body() body: HostSystemFromNode,
    @JsonBodyText() text: string,
  ): Promise<JsonText> {
    return created('/host_systems', await this.hostSystems.createFromNode(body, text));
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getHostSystem', summary: 'A host system' })
  @ApiOkResponse({ type: HostSystem, description: 'As it is kept.' })
  @ApiProblems(400, 404)
  async getHostSystem(@Param() { id }: IdPath): Promise<JsonText> {
    return new JsonText(await this.hostSystems.find(id));
  }

  @Patch(':id')
  @ApiOperation({
    operationId: 'changeHostSystem',
    summary: 'Change the description of a host system',
    description: 'Fields that are left out stay, null clears, and `details` is replaced as a whole.',
  })
  @ApiOkResponse({ type: HostSystem, description: 'As it is kept now.' })
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
    description: 'One that no benchmark names.',
  })
  @ApiNoContentResponse({ description: 'It is gone.' })
  @ApiProblems(400, 404, 409)
  async deleteHostSystem(@Param() { id }: IdPath): Promise<void> {
    await this.hostSystems.delete(id);
  }
}
