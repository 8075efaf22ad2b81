import { IsNotEmpty, IsOptional } from 'class-validator';
import { TextParameter, TimestampParameter, WholeNumberParameter } from '../http/index.js';

const MAX_LIMIT = 10_000;

/** What `GET /nodes/logs` takes. */
export class NodeLogsQuery {
  @TextParameter('the peer id of a node')
  @IsNotEmpty({ message: 'takes the peer id of a node' })
  peer_id!: string;

  /** The type of message, `block.import` for example. */
  @IsOptional()
  @TextParameter('a type of message')
  msg?: string;

  /** The target of a trace or the origin of a block, `NetworkInitialSync` for example. */
  @IsOptional()
  @TextParameter('the target of a trace or the origin of a block')
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
  @WholeNumberParameter(1, MAX_LIMIT)
  limit = 100;
}
