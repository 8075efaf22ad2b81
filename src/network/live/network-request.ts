import { ArrayMaxSize, IsArray, IsIn, IsOptional } from 'class-validator';
import { ChainParameter } from '../../chains/index.js';
import { ChoiceParameter, TimestampParameter } from '../../platform/http/index.js';
import { NODE_FIELDS, type NodeField } from '../node-fields.js';

const takesFields = { message: `must be a list of field names: ${NODE_FIELDS.join(', ')}` };

/** What a client of the feed sends to follow the nodes of a chain. */
export class NetworkRequest {
  @ChainParameter({ description: 'The chain.', required: true })
  network!: string;

  @ChoiceParameter({
    description: 'Subscribe or unsubscribe.',
    required: true,
    of: ['subscribe', 'unsubscribe'],
  })
  interest!: 'subscribe' | 'unsubscribe';

  @IsOptional()
  @IsArray(takesFields)
  @ArrayMaxSize(2 * NODE_FIELDS.length, takesFields)
  @IsIn(NODE_FIELDS, { each: true, ...takesFields })
  fields?: NodeField[];

  @TimestampParameter({
    description: 'Continues after a snapshot: its `as_of`. The complete state is sent if omitted.',
  })
  since?: string;
}
