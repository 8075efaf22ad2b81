import { ApiProperty } from '@nestjs/swagger';
import { ApiBoolean, ApiInteger, ApiObject, ApiString, ApiTimestamp } from '../../platform/http/index.js';
import type { NodeStatus } from '../../network/index.js';
import { REPORTED_FIELDS, type ReportedKind } from '../../storage/index.js';

const FIELD_OF = {
  peerId: ApiString,
  text: ApiString,
  hash: ApiString,
  flag: ApiBoolean,
  time: ApiInteger,
  object: ApiObject,
} as const satisfies Record<ReportedKind, unknown>;

/** Documents the fields that a node reports of itself. Nodes without a peer id are not part of responses. */
function ApiIdentityFields(responses: 'node' | 'connection'): ClassDecorator {
  return ({ prototype }) => {
    for (const field of REPORTED_FIELDS.filter((one) => one.responses === responses)) {
      const { column, kind, description } = field;
      const options = {
        ...(kind === 'peerId' ? {} : { nullable: true }),
        ...('example' in field ? { example: field.example } : {}),
      };
      FIELD_OF[kind](description, options)(prototype as object, column);
    }
  };
}

const STATUS_TEXT =
  'The first that holds: `offline` (no open connection), or what `GET /network/{chain}` describes. Null in the first seconds of a connection.';
const STATUS_SINCE_TEXT = 'Since when it has this status, by the clock of the database.';
const CLOCK_WRONG_TEXT =
  'Whether its clock was off by more than half a second in the last whole hour, or by more than a third of the time between blocks. Null while it is not known.';

/** Fields of nodes and connections. */
class NodeFields {
  @ApiString('The IP address of the node.', { example: '192.0.2.1' })
  ip_addr!: string;

  @ApiTimestamp('When the connection was opened.')
  created_at!: string;

  @ApiBoolean('Whether it connected to `/audit`, so that its messages do not expire.')
  audit!: boolean;

  @ApiBoolean('Whether it has an open connection.')
  connected!: boolean;

  @ApiTimestamp(
    'When its last message was received. In lists of nodes up to half a minute behind while it is connected.',
  )
  last_message_at!: string;
}

/**
 * A node: a peer id on a chain, the union of its open connections. It is described by the open connection with the
 * latest message, or by its newest connection if none is open.
 */
@ApiIdentityFields('node')
export class Node extends NodeFields {
  @ApiInteger('The connection that this description is from.', { example: 5283920058631409 })
  id!: number;

  @ApiInteger('Number of open connections.', { example: 1 })
  connections!: number;

  @ApiBoolean('Whether its open connections differ in name or start time: several nodes use this peer id.')
  duplicate!: boolean;

  @ApiString(STATUS_TEXT, { nullable: true, example: 'healthy' })
  status!: NodeStatus | null;

  @ApiTimestamp(STATUS_SINCE_TEXT, { nullable: true })
  status_since!: string | null;

  @ApiBoolean(CLOCK_WRONG_TEXT, { nullable: true })
  clock_wrong!: boolean | null;

  @ApiString('Cursor of the next page.', { example: '["12D3KooW…", "0x91b1…"]' })
  cursor!: string;
}

/** A connection of a node, from its first message to its end. */
@ApiIdentityFields('connection')
@ApiIdentityFields('node')
export class NodeConnection extends NodeFields {
  @ApiInteger('', { example: 5283920058631409 })
  id!: number;

  @ApiString('The path that the node connected to.', { example: '/submit' })
  path!: string;

  @ApiTimestamp('When its first message was received.')
  first_message_at!: string;

  @ApiTimestamp('When it ended.', { nullable: true })
  ended_at!: string | null;

  @ApiString('Why it ended.', { nullable: true, example: 'closed' })
  end_reason!: string | null;

  @ApiInteger('The close code of the WebSocket.', { format: 'int32', nullable: true, example: 1000 })
  end_code!: number | null;
}

/** Another chain on which a node of the same peer id sent messages. */
export class OtherChain {
  @ApiString('The hash of its first block. Null if its nodes send none.', {
    nullable: true,
    example: '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3',
  })
  genesis_hash!: string | null;

  @ApiString('The name that the node uses.', { nullable: true, example: 'Kusama' })
  chain!: string | null;

  @ApiInteger('The connection that describes the node on that chain.', { example: 5283920058631409 })
  id!: number;

  @ApiTimestamp('When its last message on that chain was received.')
  last_message_at!: string;
}

/** A node with all known details. */
export class NodeDetail extends NodeConnection {
  @ApiInteger('Number of open connections.', { example: 1 })
  connections!: number;

  @ApiBoolean('Whether its open connections differ in name or start time: several nodes use this peer id.')
  duplicate!: boolean;

  @ApiString(STATUS_TEXT, { nullable: true, example: 'healthy' })
  status!: NodeStatus | null;

  @ApiTimestamp(STATUS_SINCE_TEXT, { nullable: true })
  status_since!: string | null;

  @ApiBoolean(CLOCK_WRONG_TEXT, { nullable: true })
  clock_wrong!: boolean | null;

  @ApiInteger('Number of known connections.', { example: 12 })
  connection_count!: number;

  @ApiTimestamp('When its first known connection was opened.')
  first_connected_at!: string;

  @ApiProperty({ type: [OtherChain], description: 'Other chains with this peer id, most recent first.' })
  other_chains!: OtherChain[];
}
