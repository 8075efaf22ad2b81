import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import type { Fork } from './fork.entity.js';
import { ForkWatch } from './fork-watch.service.js';

export class ForksQuery {
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 1_000, default: 100, required: false })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  limit = 100;
}

export class ForkResponse {
  @ApiProperty({ type: 'string', format: 'date-time' })
  found_at!: string;

  @ApiProperty({
    type: 'string',
    description: 'Key of the chain: the genesis hash, or `name:` and its name.',
  })
  chain_key!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'Name of the chain as nodes report it.' })
  chain!: string | null;

  @ApiProperty({ enum: ['best', 'finalized'] })
  kind!: string;

  @ApiProperty({ type: 'integer' })
  height!: number;

  @ApiProperty({ type: [String], description: 'The blocks in order of arrival.' })
  hashes!: string[];
}

/** Requires a token as all routes, and is part of the OpenAPI document of the server. */
@ApiTags('Forks')
@Controller('forks')
export class ForksController {
  constructor(private readonly watch: ForkWatch) {}

  @Get()
  @ApiOperation({ operationId: 'listForks', summary: 'Heights at which nodes reported different blocks' })
  @ApiOkResponse({ type: [ForkResponse], description: 'Newest first.' })
  async listForks(@Query() { limit }: ForksQuery): Promise<ForkResponse[]> {
    return (await this.watch.latest(limit)).map(toResponse);
  }
}

function toResponse({ foundAt, chainKey, chain, kind, height, hashes }: Fork): ForkResponse {
  return {
    found_at: foundAt.toISOString(),
    chain_key: chainKey,
    chain,
    kind,
    height: Number(height),
    hashes,
  };
}
