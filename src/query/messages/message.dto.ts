import { ObjectOf, TextOf, TimeOf, WholeNumberOf } from '../../platform/http/index.js';

/** A stored message. */
export class Message {
  @WholeNumberOf('', { example: 1234 })
  id!: number;

  @TextOf('The IP address of the node.', { example: '192.0.2.1' })
  ip_addr!: string;

  @TextOf('', { example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' })
  peer_id!: string;

  @TextOf('The type of the message.', { nullable: true, example: 'block.import' })
  msg!: string | null;

  @TimeOf("When it was sent, by the node's clock, or by the server's clock if the node's is too far off.")
  created_at!: string;

  @ObjectOf('The complete message in flat form, with every digit of its numbers.', {
    example: { msg: 'block.import', ts: '2026-01-02T03:04:05.678901234+00:00', height: 22, origin: 'Own' },
  })
  logs!: object;

  @TextOf('Cursor of the next page.', { example: '2026-01-02T03:04:05.678901Z_1234' })
  cursor!: string;
}

/** How many messages of a type there are. */
export class MessageCount {
  @WholeNumberOf('', { example: 1250 })
  qty!: number;

  @TextOf('The type of the messages.', { nullable: true, example: 'block.import' })
  log_type!: string | null;
}

/** How many peers a node had at a time. */
export class PeerCount {
  @TimeOf('')
  created_at!: string;

  @WholeNumberOf('Number of connected peers.', { nullable: true, example: 31 })
  peers!: number | null;

  @WholeNumberOf('Number of known peers that it was not connected to. Only in a network state.', {
    nullable: true,
    example: 118,
  })
  not_connected_peers!: number | null;

  @TextOf('The type of the message with this count.', { example: 'system.interval' })
  msg!: string;

  @TextOf('Cursor of the next page.', { example: '2026-01-02T03:04:05.678901Z_1234' })
  cursor!: string;
}
