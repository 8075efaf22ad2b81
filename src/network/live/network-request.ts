import { ArrayMaxSize, IsArray, IsIn, IsOptional } from 'class-validator';
import { ChainParameter } from '../../chains/index.js';
import { ChoiceParameter, TimestampParameter } from '../../platform/http/index.js';
import { NODE_FIELDS, type NodeField } from '../node-fields.js';

const takesFields = { message: `takes a list of names of fields: ${NODE_FIELDS.join(', ')}` };

/** What a client of the feed sends to follow the nodes of a chain. */
export class NetworkRequest {
  @ChainParameter({ description: 'The chain.', required: true })
  network!: string;

  @ChoiceParameter({
    description: 'Whether to begin or to end.',
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
    description: 'Goes on after a snapshot: its `as_of`. Everything is sent without it.',
  })
  since?: string;
}
