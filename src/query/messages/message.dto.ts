import { ApiInteger, ApiObject, ApiString, ApiTimestamp } from '../../platform/http/index.js';

/** A stored message. */
export class Message {
  @ApiInteger('', { example: 1234 })
  id!: number;

  @ApiString('The IP address of the node.', { example: '192.0.2.1' })
  ip_addr!: string;

  @ApiString('', { example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' })
  peer_id!: string;

  @ApiString('The type of the message.', { nullable: true, example: 'block.import' })
  msg!: string | null;

  @ApiTimestamp(
    "When it was sent, by the node's clock, or by the server's clock if the node's is too far off.",
  )
  created_at!: string;

  @ApiObject('The complete message in flat form, with every digit of its numbers.', {
    example: { msg: 'block.import', ts: '2026-01-02T03:04:05.678901234+00:00', height: 22, origin: 'Own' },
  })
  logs!: object;

  @ApiString('Cursor of the next page.', { example: '2026-01-02T03:04:05.678901Z_1234' })
  cursor!: string;
}

/** The number of messages of a type. */
export class MessageCount {
  @ApiInteger('', { example: 1250 })
  qty!: number;

  @ApiString('The type of the messages.', { nullable: true, example: 'block.import' })
  log_type!: string | null;
}

/** The number of peers of a node at a time. */
export class PeerCount {
  @ApiTimestamp('')
  created_at!: string;

  @ApiInteger('Number of connected peers.', { nullable: true, example: 31 })
  peers!: number | null;

  @ApiInteger('Number of known peers that it was not connected to. Only in a network state.', {
    nullable: true,
    example: 118,
  })
  not_connected_peers!: number | null;

  @ApiString('The type of the message with this count.', { example: 'system.interval' })
  msg!: string;

  @ApiString('Cursor of the next page.', { example: '2026-01-02T03:04:05.678901Z_1234' })
  cursor!: string;
}
