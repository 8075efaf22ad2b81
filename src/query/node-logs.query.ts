import { Type } from 'class-transformer';
import { IsInt, IsNotEmpty, IsOptional, IsString, Max, Min } from 'class-validator';
import { TimestampParameter } from '../http/index.js';

const MAX_LIMIT = 10_000;
const LIMIT_TEXT = { message: `takes a whole number from 1 to ${MAX_LIMIT.toString()}` };

/** What `GET /nodes/logs` takes. */
export class NodeLogsQuery {
  @IsString({ message: 'takes the peer id of a node, once' })
  @IsNotEmpty({ message: 'takes the peer id of a node' })
  peer_id!: string;

  /** The type of message, `block.import` for example. */
  @IsOptional()
  @IsString({ message: 'takes a type of message, once' })
  msg?: string;

  /** The target of a trace or the origin of a block, `NetworkInitialSync` for example. */
  @IsOptional()
  @IsString({ message: 'takes the target of a trace or the origin of a block, once' })
  target?: string;

  /** Messages later than this. */
  @IsOptional()
  @TimestampParameter()
  start_time?: string;

  /** Messages earlier than this. */
  @IsOptional()
  @TimestampParameter()
  end_time?: string;

  @IsOptional()
  @Type(() => Number)
  @IsInt(LIMIT_TEXT)
  @Min(1, LIMIT_TEXT)
  @Max(MAX_LIMIT, LIMIT_TEXT)
  limit = 100;
}
