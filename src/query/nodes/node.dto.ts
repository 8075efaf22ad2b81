import { FlagOf, ObjectOf, TextOf, TimeOf, UuidOf, WholeNumberOf } from '../../http/index.js';

/** What is known of a node by its newest connection. */
export class Node {
  @UuidOf('The newest connection.')
  id!: string;

  @TextOf('The address that it came from.', { example: '192.0.2.1' })
  ip_addr!: string;

  @TextOf('', { example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' })
  peer_id!: string;

  @TimeOf('When the connection began.')
  created_at!: string;

  @FlagOf('Its messages do not expire: it is connected to `/audit`.')
  audit!: boolean;

  @TextOf('The name that the node gives itself.', { nullable: true, example: 'alice' })
  name!: string | null;

  @TextOf('', { nullable: true, example: 'Polkadot' })
  chain!: string | null;

  @TextOf('', { nullable: true, example: '1.16.1-835e0767fe8' })
  version!: string | null;

  @FlagOf('It runs as a validator.', { nullable: true })
  authority!: boolean | null;

  @WholeNumberOf('When the node was started, by its own clock: milliseconds since the epoch.', {
    nullable: true,
    example: 1767323045678,
  })
  startup_time!: number | null;

  @TextOf('', { nullable: true, example: 'Parity Polkadot' })
  implementation!: string | null;

  @FlagOf('It has an open connection now.')
  connected!: boolean;

  @TimeOf('When it was last heard. While it is connected this lags behind by up to half a minute.')
  last_message_at!: string;
}

/** A connection of a node, from its first message to its end. */
export class NodeConnection extends Node {
  @TextOf('The configuration of the node.', { nullable: true })
  config!: string | null;

  @TextOf('The hash of the first block of its chain.', { nullable: true })
  genesis_hash!: string | null;

  @TextOf('', { nullable: true, example: 'linux' })
  target_os!: string | null;

  @TextOf('', { nullable: true, example: 'x86_64' })
  target_arch!: string | null;

  @TextOf('', { nullable: true, example: 'gnu' })
  target_env!: string | null;

  @ObjectOf('The computer, as the node reports it.', {
    nullable: true,
    example: { cpu: 'AMD EPYC 7443P', memory: 67334475776, core_count: 24 },
  })
  sysinfo!: object | null;

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
