import { FlagOf, TextOf, TimeOf, WholeNumberOf } from '../../http/index.js';
import { SaidFields } from './said-fields.js';

/** What is known of a node by its newest connection. */
@SaidFields('node')
export class Node {
  @WholeNumberOf('The newest connection.', { example: 5283920058631409 })
  id!: number;

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

/** A connection of a node, from its first message to its end. */
@SaidFields('connection')
export class NodeConnection extends Node {
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

/** A node with all that is known of it. */
export class NodeDetail extends NodeConnection {
  @WholeNumberOf('How many connections of it are known.', { example: 12 })
  connection_count!: number;

  @TimeOf('When its first connection that is known began.')
  first_connected_at!: string;
}
