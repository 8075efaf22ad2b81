import { ApiProperty } from '@nestjs/swagger';
import { FlagOf, TextOf, TimeOf, WholeNumberOf } from '../../platform/http/index.js';
import { SaidFields } from './said-fields.js';

/** What nodes and connections have in common. */
class Described {
  @TextOf('The IP address of the node.', { example: '192.0.2.1' })
  ip_addr!: string;

  @TimeOf('When the connection was opened.')
  created_at!: string;

  @FlagOf('Whether it connected to `/audit`, so that its messages do not expire.')
  audit!: boolean;

  @FlagOf('Whether it has an open connection.')
  connected!: boolean;

  @TimeOf('When its last message was received. Up to half a minute behind while it is connected.')
  last_message_at!: string;
}

/**
 * A node: a peer id on a chain, as the union of its open connections. It is described by the one that was heard last,
 * or by its newest connection where none is open.
 */
@SaidFields('node')
export class Node extends Described {
  @WholeNumberOf('The connection that this description is from.', { example: 5283920058631409 })
  id!: number;

  @WholeNumberOf('Number of open connections.', { example: 1 })
  connections!: number;

  @FlagOf('Whether its open connections differ in name or start time: several nodes use this peer id.')
  duplicate!: boolean;

  @TextOf('Cursor of the next page.', { example: '["12D3KooW…", "0x91b1…"]' })
  cursor!: string;
}

/** A connection of a node, from its first message to its end. */
@SaidFields('connection')
@SaidFields('node')
export class NodeConnection extends Described {
  @WholeNumberOf('', { example: 5283920058631409 })
  id!: number;

  @TextOf('The path that the node connected to.', { example: '/submit' })
  path!: string;

  @TimeOf('When its first message was received.')
  first_message_at!: string;

  @TimeOf('When it ended.', { nullable: true })
  ended_at!: string | null;

  @TextOf('Why it ended.', { nullable: true, example: 'closed' })
  end_reason!: string | null;

  @WholeNumberOf('The close code of the WebSocket.', { nullable: true, example: 1000 })
  end_code!: number | null;
}

/** Another chain on which a node of the same peer id has been heard. */
export class OtherChain {
  @TextOf('The hash of its first block. Null if its nodes send none.', {
    nullable: true,
    example: '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3',
  })
  genesis_hash!: string | null;

  @TextOf('The name that the node uses.', { nullable: true, example: 'Kusama' })
  chain!: string | null;

  @WholeNumberOf('The connection that describes the node on that chain.', { example: 5283920058631409 })
  id!: number;

  @TimeOf('When its last message on that chain was received.')
  last_message_at!: string;
}

/** A node with all that is known of it. */
export class NodeDetail extends NodeConnection {
  @WholeNumberOf('Number of open connections.', { example: 1 })
  connections!: number;

  @FlagOf('Whether its open connections differ in name or start time: several nodes use this peer id.')
  duplicate!: boolean;

  @WholeNumberOf('Number of known connections.', { example: 12 })
  connection_count!: number;

  @TimeOf('When its first known connection was opened.')
  first_connected_at!: string;

  @ApiProperty({ type: [OtherChain], description: 'Other chains with this peer id, most recent first.' })
  other_chains!: OtherChain[];
}
