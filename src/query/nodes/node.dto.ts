import { ApiProperty } from '@nestjs/swagger';
import { FlagOf, TextOf, TimeOf, WholeNumberOf } from '../../platform/http/index.js';
import { SaidFields } from './said-fields.js';

/** What nodes and connections have in common. */
class Described {
  @TextOf('The address that it came from.', { example: '192.0.2.1' })
  ip_addr!: string;

  @TimeOf('When the connection began.')
  created_at!: string;

  @FlagOf('Its messages do not expire: it is connected to `/audit`.')
  audit!: boolean;

  @FlagOf('It has an open connection now.')
  connected!: boolean;

  @TimeOf('When it was last heard. While it is connected this lags behind by up to half a minute.')
  last_message_at!: string;
}

/**
 * A node: a peer id on a chain, as the union of its open connections. It is described by the one that was heard last,
 * or by its newest connection where none is open.
 */
@SaidFields('node')
export class Node extends Described {
  @WholeNumberOf('The connection that describes it.', { example: 5283920058631409 })
  id!: number;

  @WholeNumberOf('Its open connections.', { example: 1 })
  connections!: number;

  @FlagOf('Its open connections differ in name or start: several nodes have this peer id.')
  duplicate!: boolean;

  @TextOf('Where the next page begins: `cursor` takes it.', { example: '["12D3KooW…", "0x91b1…"]' })
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

  @TimeOf('When its first message came.')
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
  @TextOf('The hash of its first block; null where its nodes send none.', {
    nullable: true,
    example: '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3',
  })
  genesis_hash!: string | null;

  @TextOf('As the node calls it.', { nullable: true, example: 'Kusama' })
  chain!: string | null;

  @WholeNumberOf('The connection that describes the node there.', { example: 5283920058631409 })
  id!: number;

  @TimeOf('When it was last heard there.')
  last_message_at!: string;
}

/** A node with all that is known of it. */
export class NodeDetail extends NodeConnection {
  @WholeNumberOf('Its open connections.', { example: 1 })
  connections!: number;

  @FlagOf('Its open connections differ in name or start: several nodes have this peer id.')
  duplicate!: boolean;

  @WholeNumberOf('How many connections of it are known.', { example: 12 })
  connection_count!: number;

  @TimeOf('When its first connection that is known began.')
  first_connected_at!: string;

  @ApiProperty({ type: [OtherChain], description: 'Where else this peer id was heard, the last one first.' })
  other_chains!: OtherChain[];
}
