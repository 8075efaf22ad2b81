import { ValidateBy } from 'class-validator';
import { ChainParameter } from '../../chains/index.js';
import {
  BooleanParameter,
  documented,
  EnumParameter,
  IntegerParameter,
  isDate,
  LimitParameter,
  PeerIdParameter,
  StringParameter,
  TimestampParameter,
} from '../../platform/http/index.js';

/** The sort key of a message: a page continues after it. */
export interface MessageCursor {
  /** RFC 3339 with microseconds. */
  createdAt: string;
  id: string;
}

const CURSOR = /^((\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z)_(\d{1,18})$/;

/** The text of a cursor, as SQL. */
export function cursorSql(createdAtText: string): string {
  return `${createdAtText} || '_' || id`;
}

/** @param text validated by {@link MessageCursorParameter} */
export function parseMessageCursor(text: string): MessageCursor {
  const [, createdAt = '', , id = ''] = CURSOR.exec(text) ?? [];
  return { createdAt, id };
}

function MessageCursorParameter(): PropertyDecorator {
  return documented(
    {
      description:
        'Continues after a message: the `cursor` of the last message received. Keep the other parameters the same. ' +
        'Every message that was stored before the first request is returned exactly once.',
      example: '2026-01-02T03:04:05.678901Z_1234',
    },
    { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z_\\d{1,18}$' },
    ValidateBy(
      { name: 'isMessageCursor', validator: { validate: isMessageCursor } },
      { message: 'must be the cursor of a message' },
    ),
  );
}

function isMessageCursor(value: unknown): boolean {
  const date = typeof value === 'string' ? CURSOR.exec(value)?.[2] : undefined;
  return date !== undefined && isDate(date);
}

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
      'Maximum number of messages. JSON: default 100, maximum 10000. NDJSON and CSV: all by default.',
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
