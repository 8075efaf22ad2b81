import { ObjectOf, TextOf, TimeOf, WholeNumberOf } from '../../platform/http/index.js';

/** A stored message. */
export class Message {
  @WholeNumberOf('', { example: 1234 })
  id!: number;

  @TextOf('The address that the node came from.', { example: '192.0.2.1' })
  ip_addr!: string;

  @TextOf('', { example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' })
  peer_id!: string;

  @TextOf('The type of the message.', { nullable: true, example: 'block.import' })
  msg!: string | null;

  @TimeOf("When it was sent: the node's clock, or ours where that is too far off.")
  created_at!: string;

  @ObjectOf('The whole message in flat form, with every digit of its numbers.', {
    example: { msg: 'block.import', ts: '2026-01-02T03:04:05.678901234+00:00', height: 22, origin: 'Own' },
  })
  logs!: object;

  @TextOf('Goes on after this message.', { example: '2026-01-02T03:04:05.678901Z_1234' })
  cursor!: string;
}

/** How many messages of a type there are. */
export class MessageCount {
  @WholeNumberOf('', { example: 1250 })
  qty!: number;

  @TextOf('The type.', { nullable: true, example: 'block.import' })
  log_type!: string | null;
}

/** How many peers a node had at a time. */
export class PeerCount {
  @TimeOf('')
  created_at!: string;

  @WholeNumberOf('Peers that it was connected to.', { nullable: true, example: 31 })
  peers!: number | null;

  @WholeNumberOf('Peers that it knew of and was not connected to. Only a network state tells.', {
    nullable: true,
    example: 118,
  })
  not_connected_peers!: number | null;

  @TextOf('The type of message that says so.', { example: 'system.interval' })
  msg!: string;

  @TextOf('Goes on after this message.', { example: '2026-01-02T03:04:05.678901Z_1234' })
  cursor!: string;
}
