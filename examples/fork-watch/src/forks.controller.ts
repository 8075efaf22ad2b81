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

export class ForkAnswer {
  @ApiProperty({ type: 'string', format: 'date-time' })
  found_at!: string;

  @ApiProperty({
    type: 'string',
    description: 'What identifies it: the genesis hash, or `name:` and its name.',
  })
  chain_key!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'Its name, as nodes say it.' })
  chain!: string | null;

  @ApiProperty({ enum: ['best', 'finalized'] })
  kind!: string;

  @ApiProperty({ type: 'integer' })
  height!: number;

  @ApiProperty({ type: [String], description: 'The blocks, in the order in which they were seen.' })
  hashes!: string[];
}

/** Asks for a token as the other routes do, and is in the server's OpenAPI document. */
@ApiTags('Forks')
@Controller('forks')
export class ForksController {
  constructor(private readonly watch: ForkWatch) {}

  @Get()
  @ApiOperation({ operationId: 'listForks', summary: 'Heights at which nodes reported different blocks' })
  @ApiOkResponse({ type: [ForkAnswer], description: 'Newest first.' })
  async listForks(@Query() { limit }: ForksQuery): Promise<ForkAnswer[]> {
    return (await this.watch.latest(limit)).map(answerOf);
  }
}

function answerOf({ foundAt, chainKey, chain, kind, height, hashes }: Fork): ForkAnswer {
  return {
    found_at: foundAt.toISOString(),
    chain_key: chainKey,
    chain,
    kind,
    height: Number(height),
    hashes,
  };
}
