import { ChainParameter } from '../../chains/index.js';
import {
  ChoiceParameter,
  FlagParameter,
  LimitParameter,
  PeerIdParameter,
  TextParameter,
  TimestampParameter,
  WholeNumberParameter,
} from '../../platform/http/index.js';
import { MessageCursorParameter } from '../logs/message-cursor.js';

/** Which messages of a node. */
export class NodeMessagesQuery {
  @PeerIdParameter({ description: 'The peer id of the node.', required: true })
  peer_id!: string;

  @ChainParameter({ description: 'Messages that it sent on this chain.' })
  chain?: string;

  @TimestampParameter({ description: 'Messages later than this.', example: '2026-01-01T00:00:00' })
  start_time?: string;

  @TimestampParameter({ description: 'Messages earlier than this.', example: '2026-01-02T00:00:00' })
  end_time?: string;
}

/** The same, in pages. */
export class NodeMessagesPageQuery extends NodeMessagesQuery {
  @ChoiceParameter({
    of: ['desc', 'asc'],
    description: 'The newest first (`desc`), or the oldest (`asc`).',
    default: 'desc',
  })
  order: 'asc' | 'desc' = 'desc';

  @MessageCursorParameter()
  cursor?: string;
}

const LOG_FORMATS = ['json', 'ndjson', 'csv'] as const;

/** What `GET /nodes/logs` takes. */
export class NodeLogsQuery extends NodeMessagesPageQuery {
  @TextParameter({
    takes: 'a type of message',
    description: 'Messages of this type, of which docs/telemetry-messages.md has a catalogue.',
    example: 'block.import',
  })
  msg?: string;

  @TextParameter({
    takes: 'the target of a trace or the origin of a block',
    description: 'Messages with this `target` (traces) or `origin` (blocks).',
    example: 'NetworkInitialSync',
  })
  target?: string;

  @WholeNumberParameter({
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    description:
      'At most so many. JSON: 100 unless told, and 10000 at most. NDJSON and CSV: all of them unless told.',
    example: 100,
  })
  limit?: number;

  @ChoiceParameter({
    of: LOG_FORMATS,
    description: 'The format of the answer, in place of `Accept`: for links.',
    example: 'ndjson',
  })
  format?: (typeof LOG_FORMATS)[number];

  @FlagParameter({
    description:
      'CSV: texts as they are. Otherwise one that begins with `=`, `+`, `-`, `@`, a tab or the end of a line has an ' +
      'apostrophe before it, since a spreadsheet would run it as a formula.',
    example: true,
  })
  raw?: boolean;
}

/** What `GET /nodes/peer_counts` takes. */
export class PeerCountsQuery extends NodeMessagesPageQuery {
  @LimitParameter(1000)
  limit = 1000;
}
