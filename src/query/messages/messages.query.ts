import { ChainParameter } from '../../chains/index.js';
import {
  BooleanParameter,
  EnumParameter,
  IntegerParameter,
  LimitParameter,
  PeerIdParameter,
  StringParameter,
  TimestampParameter,
} from '../../platform/http/index.js';
import { MessageCursorParameter } from './message-cursor.js';

/** Parameters that select messages of a node. */
export class NodeMessagesQuery {
  @PeerIdParameter({ description: 'The peer id of the node.', required: true })
  peer_id!: string;

  @ChainParameter({ description: 'Messages sent on this chain.' })
  chain?: string;

  @TimestampParameter({ description: 'Messages later than this.', example: '2026-01-01T00:00:00' })
  start_time?: string;

  @TimestampParameter({ description: 'Messages earlier than this.', example: '2026-01-02T00:00:00' })
  end_time?: string;
}

/** The same with pages. */
export class NodeMessagesPageQuery extends NodeMessagesQuery {
  @EnumParameter({
    of: ['desc', 'asc'],
    description: 'Newest first (`desc`) or oldest first (`asc`).',
    default: 'desc',
  })
  order: 'asc' | 'desc' = 'desc';

  @MessageCursorParameter()
  cursor?: string;
}

const LOG_FORMATS = ['json', 'ndjson', 'csv'] as const;

/** Parameters of `GET /nodes/logs`. */
export class NodeLogsQuery extends NodeMessagesPageQuery {
  @StringParameter({
    content: 'a type of message',
    description: 'Messages of this type. See docs/telemetry-messages.md for known types.',
    example: 'block.import',
  })
  msg?: string;

  @StringParameter({
    content: 'the target of a trace or the origin of a block',
    description: 'Messages with this `target` (traces) or `origin` (blocks).',
    example: 'NetworkInitialSync',
  })
  target?: string;

  @IntegerParameter({
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    description:
      'Maximum number of messages. JSON: 100 by default, at most `JSON_MAX_ROWS`. NDJSON and CSV: all by default.',
    example: 100,
  })
  limit?: number;

  @EnumParameter({
    of: LOG_FORMATS,
    description: 'The format of the response, overrides `Accept`. For links.',
    example: 'ndjson',
  })
  format?: (typeof LOG_FORMATS)[number];

  @BooleanParameter({
    description:
      'CSV: texts unchanged. By default, a text that begins with `=`, `+`, `-`, `@`, a tab or a line break gets a ' +
      'leading apostrophe, because a spreadsheet would run it as a formula.',
    example: true,
  })
  raw?: boolean;
}

/** Parameters of `GET /nodes/peer_counts`. */
export class PeerCountsQuery extends NodeMessagesPageQuery {
  @LimitParameter(1000)
  limit = 1000;
}
